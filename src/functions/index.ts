// The entry of the bundle: every front door registers itself when it is loaded.
import './connect.ts';
import './connect-links.ts';
import './destination.ts';
import './destination-test.ts';
import './destinations.ts';
import './dispatch.ts';
import './health.ts';
import './housekeeping.ts';
import './key.ts';
import './keys.ts';
import './mailbox.ts';
import './mailbox-sync.ts';
import './mailbox-token.ts';
import './mailboxes.ts';
import './not-found.ts';
import './oauth-callback.ts';
import './work.ts';

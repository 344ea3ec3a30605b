import { exchangeFolders } from './folders.ts';

export interface DovecotSettings {
  /** Folder of everything: configuration, sockets, log, mail. Short, because sockets lie in it (108 bytes). */
  readonly folder: string;
  readonly port: number;
  /** Names of the account that all of Dovecot runs as. */
  readonly user: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
  /** Announces all that Dovecot can do, in place of what Exchange can. */
  readonly everything?: boolean;
  /** Takes every token and opens every mailbox, and carries thousands of sessions: for measurements. */
  readonly openToAll?: boolean;
  /** Takes mail to send, too, over STARTTLS and XOAUTH2, and hands it on to another server. */
  readonly submission?: { readonly port: number; readonly relayPort: number };
}

/** The configuration of an instance without privileges: one account for everything, no chroot, nothing but IMAPS on loopback. */
export function dovecotConfig({
  folder,
  port,
  user,
  group,
  uid,
  gid,
  everything = false,
  openToAll = false,
  submission,
}: DovecotSettings): string {
  const mailboxes = exchangeFolders
    .map(
      (name) =>
        `  mailbox "${name}" {\n    auto = subscribe${everything && name === 'Sent Items' ? '\n    special_use = \\Sent' : ''}\n  }`,
    )
    .join('\n');
  const capability = everything
    ? ''
    : 'imap_capability = IMAP4 IMAP4rev1 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+';
  return `base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/dovecot.log
protocols = imap${submission === undefined ? '' : ' submission'}
listen = 127.0.0.1
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
mail_uid = ${uid}
mail_gid = ${gid}
first_valid_uid = ${uid}
first_valid_gid = ${gid}
mail_location = maildir:~/Maildir
# A crash of this machine may lose the mail of a test; waiting for the disk would only slow it down.
mail_fsync = never
mail_max_userip_connections = 0
ssl = required
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
auth_mechanisms = xoauth2
auth_failure_delay = 0
login_greeting = The Microsoft Exchange IMAP4 service is ready.
# Exchange's own, so that clients do not use what it lacks: no CONDSTORE, no QRESYNC, no SPECIAL-USE.
${capability}
namespace inbox {
  inbox = yes
  separator = /
${mailboxes}
}
passdb {
${openToAll ? '  driver = static\n  args = nopassword=y' : `  driver = oauth2\n  mechanisms = xoauth2\n  args = ${folder}/oauth2.conf`}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${folder}/mail/%Lu
}
service anvil {
  chroot =
  # Without its penalty, which makes every log-in of an address that was refused before wait for up to 15 s.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = ${openToAll ? 4000 : 1000}
  process_limit = 1
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = ${port}
    ssl = yes
  }
}
service imap {
  process_limit = ${openToAll ? 4000 : 1024}
  # A process serves one log-in after another: starting one costs more than a poll.
  service_count = 100
}
${submission === undefined ? '' : submissionConfig(submission)}`;
}

/** https://doc.dovecot.org/2.3/configuration_manual/protocols/submission_server/ */
const submissionConfig = ({ port, relayPort }: { readonly port: number; readonly relayPort: number }): string => `
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
submission_relay_ssl = no
service submission-login {
  chroot =
  inet_listener submission {
    address = 127.0.0.1
    port = ${port}
  }
}
`;

/**
 * Introspection in mode `post`: in mode `auth` Dovecot reports a bad token as a temporary failure.
 * `username` of the answer must be the `user=` of the log-in, so a shared mailbox cannot be opened here.
 */
export function oauth2Config(introspectionUrl: string): string {
  return `introspection_mode = post
introspection_url = ${introspectionUrl}
username_attribute = username
active_attribute = active
active_value = true
scope = https://outlook.office.com/IMAP.AccessAsUser.All
timeout_msecs = 5000
`;
}

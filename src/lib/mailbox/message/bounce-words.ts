/**
 * The words by which mail servers say that a mail did not arrive. One expression for each group of languages, so that
 * each line of this table can be read, tested and extended alone. Matched against text in lower case, its white space
 * folded to single spaces and its typographic apostrophes made plain.
 *
 * Where the sentences come from: the sources of Postfix, Exim, Sendmail and qmail, the report forms of RFC 3464, what
 * Exchange, Domino, Gmail, Yahoo, Zoho, IONOS and GMX send, and the translations of Exchange's subject
 * (https://learn.microsoft.com/exchange/mail-flow/non-delivery-reports-and-bounce-messages).
 */
type Words = readonly RegExp[];

/** The part before the `@` of a mail server's own address, or its display name. */
export const serverNames: Words = [
  /^(mailer[-_. ]?da?emon|mail[-_.]?da?emon|mdaemon|postmaster|microsoftexchange[0-9a-f]{8,}|e500_smtp_mail_service)\b/,
  /^(mail[-_. ]?delivery[-_. ]?(sub)?system|delivery[-_. ]subsystem|mail[-_.]?system|double-?bounce|bounce-notification)\b/,
  /\b(mail(er)? deliver(y|er) (sub)?(system|service|agent)|delivery subsystem|mailer[- ]da?emon|mail transport)\b/,
  /\b(system administrator|mail administrator|mail delivery|mail system|mail ?server|smtp gateway|antivirus|imss|jetmail)\b/,
  /^(postmaster|mailadmin|mail router|returned mail)\b/,
];

/** Names that only a program bears. A person may write as postmaster. */
export const programNames: Words = [
  /^(mailer[-_. ]?da?emon|mail[-_.]?da?emon|mdaemon|microsoftexchange[0-9a-f]{8,}|e500_smtp_mail_service|post_master)\b/,
  /^(mail[-_. ]?delivery[-_. ]?(sub)?system|delivery[-_. ]subsystem|double-?bounce|bounce-notification)\b/,
  /\b(mail(er)? deliver(y|er) (sub)?(system|service|agent)|delivery subsystem|mailer[- ]da?emon)\b/,
];

/** What a report of a mail server has for a subject. */
export const reportSubjects: Words = [
  /^(\*+ ?|\[[^\]]{1,30}\] ?)?(undeliver(able|ed)|not delivered|non[- ]?deliver(y|ed)|non delivery report|unzustellbar)\b/,
  /\b(undeliver(able|ed) (e-?)?mail|returned (to|mail)|returning (message )?to sender|failure notice|failed mail)\b/,
  /\b(mail|message|delivery|e-?mail) (delivery |system |status )?(fail(ed|ure)|error|problem|warning|delay(ed)?)\b/,
  /\b(delivery (status (notification|report)|report|has failed|failure|failed|incomplete|problem)|could not be delivered)\b/,
  /\b(returned (e-?)?mail|mail (could )?not (be )?(delivered|sent)|message status|user unknown|unknown user)\b/,
  /\b(has not (yet )?been delivered|not yet been delivered|was not delivered|delayed (delivery|mail|\d+ (hours?|days?)))\b/,
  /\b(automatically rejected mail|message you sent blocked|your message .{0,80}(rejected|bounced|refused|blocked))\b/,
  /unzustellbar|nicht zugestellt|nicht zustellbar|zustellung .{0,40}fehlgeschlagen|zustell(ungs)?fehler|mail verzögert/,
  /non (remis|délivré|distribu)|échec de (la )?(remise|livraison|distribution)|impossible de remettre|retour (à l'expéditeur|de courrier)/,
  /no se (puede|pudo|ha podido) entregar|no entregado|error (de|en la) entrega|fallo (de|en la) entrega|devuelto/,
  /não (é possível|foi possível|entregue)|falha na entrega|mensagem (não entregue|devolvida)/,
  /impossibile recapitare|mancat[ao] (recapito|consegna)|non recapitat|recapito non riuscito/,
  /niet te bezorgen|onbestelbaar|niet (bezorgd|afgeleverd)|kan inte levereras|ej levererat|kunne ikke leveres|ikke levert/,
  /ei voi toimittaa|toimittaminen epäonnistui|nie można dostarczyć|niedostarcz|nedoručiteln|kézbesíthetetlen|iletilemedi/,
  /не удается доставить|не доставлен|недоставлен|не вдалося доставити|δεν ήταν δυνατή η παράδοση|kunne ikke levere/,
  /配信(不能|不可|エラー|できません|に失敗)|(送信|メール)エラー|エラー通知|未配信|送信できません|配送(不能|できません)|リターンメール|メールが届/,
  /无法(投递|送达|传递|发送)|未(传递|送达|投递)|退信|投递失败|传输失败|发送失败|無法(傳遞|投遞|送達|寄送)|未傳遞|배달되지|전송(실패| 실패)|반송|전달할 수 없/,
];

/** What stands in the subject of a mail by which a person passes one on, or answers it. */
export const answerSubject =
  /^\s*(re|aw|wg|fwd?|tr|rv|sv|vs|i|r|doorst|enc|antw|res|odp|ynt|пересл|отв)\s*(\[\d+\])?\s*:/;

/** It did not arrive, or will not. */
export const failureWords: Words = [
  /\b((could|can|did|was|has|have|were|is|will) ?(not|n't) (yet )?(be |been |able to be )?(successfully )?(deliver|sent|relayed|processed|accepted))/,
  /\b(cannot|couldn't|can't|unable to|not able to|failed to|not possible to) (be )?(deliver|send|relay|forward|reach|process)/,
  /\b(undeliver(able|ed)|not delivered|non-?delivery|deliver(y|ies) (has |have |was |were )?(finally )?(fail(ed|ure|s)|aborted|terminated|expired|error))/,
  /\b(delivery|delevery) (to|of|for) .{0,120}\b(failed|was aborted|was unsuccessful|impossible|has been (aborted|cancell?ed))/,
  /\b((did|does) ?(not|n't) (reach|receive)|couldn't be (delivered|found|sent)|has been returned|returned to (the |its )?sender|being returned)\b/,
  /\b(following|these|this|some|all|intended) (e-?mail )?(addresse?s?|address\(es\)|recipients?|recipient\(s\)) .{0,60}\b(fail|could not be|had|not)/,
  /\b((permanent|fatal|following|processing|smtp) (fatal )?errors?|failed (recipients?|address(es)?)|error-for:|undisclosed address|failure notice|returned mail)\b/,
  /\b((message|mail|e-?mail) (that you sent |you sent |to .{1,120} )?(was|has been|is) (automatically |finally )?(rejected|refused|bounced|blocked|returned|discarded))\b/,
  /\b((unknown|invalid|no such|bad|unrecogni[sz]ed|inactive|nonexistent) (local |final delivery |e-?mail )?(user(id)?|recipient|address(ee)?|mailbox|account|name|host|domain))\b/,
  /\b((user|recipient|addressee|mailbox|account|address|domain|host)('s)?( name)?( is)? (unknown|unavailable|not (found|known|valid|exist|recogni[sz]ed|listed)|disabled|full|inactive|invalid|rejected))\b/,
  /\b(doesn't|does not|did not|do not|don't) (have an? .{1,80}account|exist|like recipient|exactly match)|\bnot a valid (user|address|recipient|mailbox)|\bno (such|mailbox) (user|here|recipient)/,
  /\b((mailbox|quota|mail ?folder|allowed size|disk) .{0,40}(exceed|full|over)|over (its |the |their )?(disk )?quota|exceed(s|ed|ing)? .{0,40}(quota|size|limit|storage))/,
  /\berror .{0,40}\bdeliver(ing)?\b|\berror (has )?occurred while|\b(was|were|been) (rejected|refused|bounced) by|\bdid not (like|accept)\b/,
  /\b(malformed .{0,20}address|service unavailable|deferred:|connection (timed out|refused|reset)|retry timeout exceeded|too many hops|mail loop|invalid user address)\b/,
  /\b(encountered (a )?delivery problem|encountered an error|delivery problems?|address not found|message (not|un)delivered|message blocked|recipient inbox full)\b/,
  /nicht (an .{0,80})?(zugestellt|ausgeliefert|übermittelt|weitergeleitet|zustellbar|erreicht|gesendet|gefunden)|unzustellbar|(zustellung|übermittlung) .{0,60}(fehlgeschlagen|nicht möglich|gescheitert)|empf[äa]e?nger .{0,30}unbekannt|unbekannter empf/,
  /n'(a|ont) (pas )?(pu|été) .{0,40}(d[ée]livr|remis|distribu|transmis|achemin|envoy)|pas [ée]t[ée] (remis|d[ée]livr|distribu)|non (remis|d[ée]livr|distribu)|impossible de (remettre|d[ée]livrer|distribuer|transmettre)|[ée]chec de (la )?(remise|livraison|distribution)|(destinataire|utilisateur) inconnu|adresse .{0,60}n'existe pas/,
  /no (se )?(ha |han )?(pudo|podido|puede|pudieron|fue|sido|es) .{0,30}(entreg|envi)|no (se )?entreg[óa]|no (ha sido )?posible entregar|(error|fallo) (de|en la) entrega|usuario desconocido/,
  /n[ãa]o (p[ôo]de|foi|pode|p[ôo]de ser|é) .{0,30}(entreg|envi)|falha (na|de) entrega|n[ãa]o entregue|usu[áa]rio (desconhecido|inexistente)/,
  /non ([èe]'? stato|[èe]'?|pu[òo]'?) .{0,30}(recapit|consegn|inviat)|impossibile (recapitare|consegnare|inviare)|mancat[ao] (recapito|consegna)|recapito .{0,40}non riuscit|utente sconosciuto/,
  /niet (worden |kunnen )?(be|af)?(geleverd|bezorgd|worden afgeleverd|worden bezorgd)|onbestelbaar|niet te bezorgen|bezorging .{0,40}mislukt|onbekende gebruiker/,
  /(kunde|kan) inte leverera|gick inte att leverera|kunne ikke (leveres|sendes)|ikke (leveret|levert)|ei voi(tu)? toimittaa|toimittaminen .{0,40}epäonnistu/,
  /nie (mog[łl]a|mo[żz]e|m[óo]g[łl]|mo[żz]na|zosta[łl]a|uda[łl]o si[ęe]) .{0,20}(dostarcz|wys[łl]a)|niedostarcz|nelze (doru[čc]it|odeslat)|nemohla b[ýy]t doru[čc]ena|nebyla doru[čc]ena|nedoru[čc]|(nem lehetett|nem sikerült) k[ée]zbes[íi]t|k[ée]zbes[íi]thetetlen|nu a putut fi (livrat|trimis)|(iletilemedi|teslim edilemedi|gönderilemedi)/,
  /не (может|могло|смогли|удалось|удается|было|была|был) .{0,30}(доставл|доставить|отправл|отправить)|невозможно доставить|не доставлен|недоставлен|не (вдалося|може бути) .{0,20}достав|не существует|δεν (ήταν δυνατή|παραδόθηκε)/,
  /配信(でき|され(ません|なかった)|不能|に失敗|エラー)|送信でき(ません|なかった)|(お)?届け(ることが)?でき|配送でき|配達(でき|不能)|届きませんでした|宛先(不明|が見つかりません)|存在しません|受信できません/,
  /(无法|不能|没有|未能|未)(被)?(正常|成功)?(送达|投递|发送|传递|递送|到达)|(投递|发送|传输|递送)(邮件)?(失败|不成功)|退(信|回)|(無法|未能|不能)(被)?(傳遞|送達|遞送|投遞|寄送|傳送|寄達)|배달(되지|할 수 없|하지 못)|(전송|발송|전달)(되지|하지 못|에 실패|할 수 없|이 실패)|반송/,
  /تعذر (تسليم|إرسال)|לא (ניתן|היה ניתן) למסור|ไม่สามารถส่ง|không thể (gửi|chuyển)|tidak (dapat|bisa) (dikirim|terkirim)/,
];

/** It is late, and the server continues trying. */
export const delayWords: Words = [
  /\b(not|n't) yet (be |been )?(deliver|sent|accepted)|\b(has|have|is|was|been) (been )?(temporarily )?(delayed|postponed|deferred)\b/,
  /\bwarning message only\b|\bonly a warning\b|\bjust a warning\b|\bthis is a warning\b|\bmessage delayed\b|\bdelivery (is )?(incomplete|delayed)\b|\bdelayed \d+ (hours?|days?)\b/,
  /\b(will|still) (be |being )?(continu(e|ing) |keep |retry|retried|(attempt(ed|ing)?|try(ing)?) (again|(to )?(re)?(deliver|send)))|\battempts? will (continue|be (made|repeated))\b/,
  /\btemporary problem delivering\b|\bcould not send message for (the )?past\b|\bhas not been delivered (yet|after)\b/,
  /verzögert|noch nicht (zugestellt|ausgeliefert)|weiter(hin)? versucht|erneut versucht|retardé|différé|pas encore (été )?(remis|délivré|distribué)|(retrasad|demorad)[oa]|aún no (se |ha )/,
  /atrasad[oa]|adiad[oa]|ainda não (foi|pôde)|in ritardo|ritardat[oa]|non è ancora stat|vertraagd|nog niet (bezorgd|afgeleverd)|försenad|forsinket|opóźnion|zpožd|późnienie/,
  /задержан|задержка|отложен|ещё не доставлен|еще не доставлен|遅延|遅れて|再送を試み|延迟|延遲|尚未(送达|送達|投递)|지연/,
];

/** The server has given up, whatever else it says. */
export const finalWords: Words = [
  /\b(permanent(ly)? (fatal )?(error|fail|reject|undeliverable)|failed permanently|given up|giving up|gave up|not going to try again|will not (be )?(retr|try)|no longer (be )?(retr|try)|5\d\d[ -]5\.\d{1,3}\.\d{1,3})/,
  /\b(dauerhaft|endgültig|erreur permanente|error permanente|erro permanente|errore permanente)/,
];

/** It arrived, or was handed on: a receipt. */
export const receiptWords: Words = [
  /\b(successfully delivered|was delivered|has been delivered|delivery (is |was )?(complete|successful)|successful (mail )?delivery|delivered to the following)\b/,
  /\b(return receipt|relayed|read receipt|no delivery (notification|receipt) was sent by the destination)\b/,
];

/** A line from which on the returned mail stands. */
export const returnedMark: Words = [
  /^[\s>|*=_-]*(below (this|the next) line|below is a copy|this is a copy of|enclosed (are|is)|attached (is|are)|attachment is a copy|included is a copy|here is (a|the) copy|a copy of (the original|your)|copy of (the|your) (original )?message)/,
  /^[\s>|*=_-]*(the )?(original|returned|unsent|undelivered|source|bounced) ?(message|mail|e-?mail)s?( header| headers)?( is)?( follow(s|ing|ed)?| as received| attached| text follows)?\b[\s:.|*=_-]*$/,
  /^[\s>|*=_-]*(original message|returned mail|unsent message|message (header|text|body|contents?)|start of returned|header of the source|headers? (of|from) the (original|source))/,
  /^[\s>|*=_-]*(the )?((header and )?(top|first) (part|\d+)|(header|headers) of the original|your message reads|no more than \d+|message header follows|message text follows)/,
  /^[\s>|*=_-]*(mensaje original|mensagem original|message (original|d'origine)|messaggio originale|ursprüngliche (nachricht|e-?mail)|originalnachricht|oorspronkelijk bericht|original ?nachricht|kopie der|copie du|copia del)/,
  /^[\s>|*=_-]*(исходное (сообщение|письмо)|ниже этой линии|оригинал письма|原信|附件中|附件是|以下是|原始邮件|原始郵件|元のメッセージ|オリジナルメッセージ|원본 메시지|\[?附件)/,
  /^(received|return-path|dkim-signature|x-originating-ip|authentication-results|arc-seal|delivered-to): /,
];

# Postfix from Debian: SASL by Cyrus with a password file, mailboxes by the virtual delivery agent.

server_install() {
  unpack postfix sasl2-bin
  packages libsasl2-modules libsasl2-modules-db
  candidate postfix
}

server_configure() {
  postfix_files
  echo testpass | "$tree/usr/sbin/saslpasswd2" -p -c -f "$run/etc/sasl/sasldb2" -u example.test tester
  chown postfix "$run/etc/sasl/sasldb2"
}

# postfix_files: all but the password file
postfix_files() {
  account postfix
  group postdrop
  local q=$run/queue
  mkdir -p "$run"/{etc/sasl,data} "$q"/{active,bounce,corrupt,defer,deferred,flush,hold,incoming,private,saved,trace,maildrop,public,pid}
  chown postfix "$q"/* "$run/data"; chown root "$q/pid"; chmod 700 "$q"/*; chmod 755 "$q/pid"
  chgrp postdrop "$q"/{maildrop,public}; chmod 1730 "$q/maildrop"; chmod 2710 "$q/public"
  fill main.cf >"$run/etc/main.cf"
  fill master.cf >"$run/etc/master.cf"
  fill sasl.conf >"$run/etc/sasl/smtpd.conf"
}

server_command() {
  command=(env "LD_LIBRARY_PATH=$tree/usr/lib/postfix" "$tree/usr/lib/postfix/sbin/master" -c "$run/etc" -d)
}

# Dovecot's submission service from Debian, with OAUTHBEARER and XOAUTH2: it asks tokens.py whether a token is good.
# Its relay is nobody: it is here for AUTH.
auth_only=yes

server_install() {
  quiet dovecot-core dovecot-submissiond # its paths are compiled in, and it conflicts with nothing
  candidate dovecot-core
}

server_configure() {
  local a
  for a in dovecot dovenull vmail; do account $a; done
  mkdir -p "$run"/{base,state,etc}
  chown vmail:vmail "$run/mail"
  cp "$base"/certificate/{cert,key}.pem "$run/etc/"
  printf 'tester@example.test:{PLAIN}testpass:%s:%s::%s/mail/tester::\n' "$(id -u vmail)" "$(id -g vmail)" "$run" >"$run/etc/users"
  fill dovecot.conf >"$run/etc/dovecot.conf"
  fill oauth2.conf >"$run/etc/oauth2.conf"
}

server_command() {
  command=(bash "$folder/run.sh" "$run/etc/dovecot.conf" "$folder/tokens.py" $((port + 4)))
}

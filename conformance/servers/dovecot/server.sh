# Dovecot's submission service from Debian, with OAUTHBEARER and XOAUTH2: it asks tokens.py whether a token is good.
# Its relay is nobody: it is here for AUTH. LMTP on PORT+5.
auth_only=yes

server_install() {
  quiet dovecot-core dovecot-submissiond dovecot-lmtpd # its paths are compiled in, and it conflicts with nothing
  candidate dovecot-core
}

server_configure() {
  local a box
  for a in dovecot dovenull vmail; do account $a; done
  mkdir -p "$run"/{base,state,etc}
  chown vmail:vmail "$run/mail"
  cp "$base"/certificate/{cert,key}.pem "$run/etc/"
  for box in tester postmaster; do
    printf '%s@example.test:{PLAIN}testpass:%s:%s::%s/mail/%s::\n' $box "$(id -u vmail)" "$(id -g vmail)" "$run" $box
  done >"$run/etc/users"
  fill dovecot.conf >"$run/etc/dovecot.conf"
  fill oauth2.conf >"$run/etc/oauth2.conf"
}

server_command() {
  command=(bash "$folder/run.sh" "$run/etc/dovecot.conf" "$folder/tokens.py" $((port + 4)))
}

server_tells() { printf 'lmtp=%d\nsmtp=none\n' $((port + 5)); }

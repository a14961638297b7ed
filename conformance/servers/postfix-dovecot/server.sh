# Postfix from Debian with Dovecot's SASL: the files of the folders postfix and dovecot.
auth_only=yes

server_install() {
  unpack postfix
  quiet dovecot-core dovecot-submissiond dovecot-lmtpd
  echo "$(candidate postfix) with Dovecot $(candidate dovecot-core)"
}

server_configure() {
  local ours=$folder
  # Dovecot's own port is moved away; Postfix asks the auth service behind it.
  (
    . "$here/dovecot/server.sh"
    folder=$here/dovecot
    server_configure
    sed -i "s/port = $port\$/port = $((port + 2))/" "$run/etc/dovecot.conf"
  )
  folder=$here/postfix
  . "$folder/server.sh"
  postfix_files
  folder=$ours
  sed -i "s/^smtpd_sasl_type = .*/smtpd_sasl_type = dovecot/; s/^smtpd_sasl_path = .*/smtpd_sasl_path = inet:127.0.0.1:$((port + 3))/" "$run/etc/main.cf"
  . "$folder/server.sh"
}

server_command() {
  command=(bash "$folder/run.sh" "$here/dovecot" "$run" $((port + 4)) "$tree")
}

server_tells() { echo smtp=none; } # mailboxes are not its business

# sendmail from Debian: SASL by Cyrus with a password file, mailboxes by a program that the aliases name. It trusts no map
# and no key below a folder that everybody may write to, and a host name without a dot costs it a minute: so it sees the
# run's folder as /mnt and a host name of its own.

server_install() {
  unpack sendmail-bin sendmail-base sendmail-cf sasl2-bin
  packages libsasl2-modules libsasl2-modules-db m4
  candidate sendmail-bin
}

server_configure() {
  mkdir -p "$run"/{etc,queue,sasl}; chmod 700 "$run/queue"
  maildirs nobody:nogroup
  cp "$base"/certificate/{cert,key}.pem "$folder/namespace.sh" "$run/etc/"
  cp "$here/deliver.sh" "$run/etc/"
  printf 'hosts files\naliases files\n' >"$run/etc/switch"
  for box in tester postmaster; do
    printf '%s: "|/mnt/etc/deliver.sh /mnt/mail/%s"\n' $box $box
  done >"$run/etc/aliases"
  # its last rules would let the loopback relay
  fill sendmail.mc | m4 "-D_CF_DIR_=$tree/usr/share/sendmail/cf/" - |
    sed '/^R127.*originated locally/d; /and see if it is local/d; /^R<?> $=w.*RELAY/d' >"$run/etc/sendmail.cf"
  fill sasl.conf >"$run/sasl/Sendmail.conf"
  echo testpass | "$tree/usr/sbin/saslpasswd2" -p -c -f "$run/sasl/sasldb2" -u example.test tester
  chmod 600 "$run"/sasl/*
  mkdir -p /etc/sasl2 # where the namespace has the run's own
}

server_command() {
  command=(unshare --uts --mount --propagation private sh "$run/etc/namespace.sh" "$run" "$tree/usr/libexec/sendmail/sendmail")
}

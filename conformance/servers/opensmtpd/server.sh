# OpenSMTPD from Debian. Its paths are compiled in, so it runs in a mount namespace of its own; key.c says what is
# preloaded and why.
auth_only=yes

server_install() {
  unpack opensmtpd
  packages gcc libc6-dev
  gcc -shared -fPIC -O1 -o "$tree/key.so" "$folder/key.c" -ldl
  candidate opensmtpd
}

server_configure() {
  account opensmtpd
  account opensmtpq
  mkdir -p "$run"/{etc,spool,run,empty} /var/spool/smtpd /var/lib/opensmtpd/empty /usr/libexec/opensmtpd
  chmod 711 "$run/spool"
  cp "$base"/certificate/{cert,key}.pem "$run/etc/"
  fill smtpd.conf | sed "s|@hash@|$(openssl passwd -6 testpass)|" >"$run/etc/smtpd.conf"
  echo 'lookup file' >"$run/etc/resolv.conf" # no name server is asked
}

server_command() {
  local binds="mount --bind $run/spool /var/spool/smtpd && mount --bind $run/run /run &&
    mount --bind $run/empty /var/lib/opensmtpd/empty && mount --bind $tree/usr/libexec/opensmtpd /usr/libexec/opensmtpd &&
    mount --bind $run/etc/resolv.conf \$(readlink -f /etc/resolv.conf)"
  command=(unshare -m --propagation private sh -c "$binds && LD_PRELOAD=$tree/key.so exec $tree/usr/sbin/smtpd -d -f $run/etc/smtpd.conf")
}

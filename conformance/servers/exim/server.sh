# Exim from Debian.

server_install() {
  unpack exim4-daemon-light
  candidate exim4-daemon-light
}

server_configure() {
  account Debian-exim # the name is compiled in
  mkdir -p "$run"/{spool,log,etc}
  cp "$base"/certificate/{cert,key}.pem "$run/etc/"
  chown -R Debian-exim:Debian-exim "$run"/{spool,log,mail} "$run/etc/key.pem"
  fill exim.conf >"$run/etc/exim.conf"
}

server_command() {
  command=("$tree/usr/sbin/exim4" -C "$run/etc/exim.conf" -bdf -q30m)
}

# chasquid from Debian. It asks the DNS for the sender's domain: here no name server answers, at once.

server_install() {
  unpack chasquid
  candidate chasquid
}

server_configure() {
  local etc=$run/etc box
  mkdir -p "$etc"/{certs/mail.example.test,domains/example.test} "$run"/{data,log}
  cp "$base/certificate/cert.pem" "$etc/certs/mail.example.test/fullchain.pem"
  cp "$base/certificate/key.pem" "$etc/certs/mail.example.test/privkey.pem"
  maildirs root:root
  cp "$here/deliver.sh" "$run/etc/"
  fill chasquid.conf >"$etc/chasquid.conf"
  for box in tester postmaster; do
    "$tree/usr/bin/chasquid-util" "--configdir=$etc" user-add "$box@example.test" --password=testpass >&2
  done
  printf 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' >"$etc/resolv.conf"
}

server_command() {
  # shellcheck disable=SC2016 # for the shell in the namespace
  command=(unshare --mount --propagation private sh -euc 'mount --bind "$1/resolv.conf" "$(readlink -f /etc/resolv.conf)"; exec "$2" "--config_dir=$1"'
    sh "$run/etc" "$tree/usr/bin/chasquid")
}

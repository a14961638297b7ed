# Haraka from npm with a small plugin for recipients and mailboxes.

server_install() {
  local version=3.3.4
  command -v npm >/dev/null || packages nodejs npm
  npm install --prefix "$tree" --no-audit --no-fund --silent "Haraka@$version" >&2
  echo "$version"
}

server_configure() {
  local config=$run/config
  mkdir -p "$config" "$run"/{plugins,queue}
  maildirs root:root
  cp "$folder/mailboxes.js" "$run/plugins/"
  cp "$base/certificate/key.pem" "$config/tls_key.pem"
  cp "$base/certificate/cert.pem" "$config/tls_cert.pem"
  # else it makes some, by a process that outlives it
  openssl genpkey -quiet -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out "$config/dhparams.pem"
  echo mail.example.test >"$config/me"
  echo example.test >"$config/host_list"
  printf 'tls\nauth/flat_file\nmailboxes\n' >"$config/plugins"
  printf 'listen=127.0.0.1:%d,127.0.0.1:%d\nsmtps_port=%d\nnodes=0\n' "$port" $((port + 1)) $((port + 1)) >"$config/smtp.ini"
  printf '[core]\nmethods=PLAIN,LOGIN,CRAM-MD5\n[users]\ntester@example.test=testpass\n' >"$config/auth_flat_file.ini"
  printf '[main]\n' >"$config/tls.ini"
  sed 's/^max_bytes.*/max_bytes=20971520/; s/^;*bytes *=.*/bytes=20971520/' "$tree/node_modules/Haraka/config/connection.ini" >"$config/connection.ini"
}

server_command() {
  command=(env "MAILBOXES=$run/mail" "NODE_PATH=$tree/node_modules" node "$tree/node_modules/Haraka/bin/haraka" -c "$run")
}

# Mailpit, built from its Go module: every message lies in one store, which is asked over HTTP on PORT+3. Nobody sends
# without AUTH, and nothing listens on PORT+1.

server_install() {
  local version=v1.30.5
  GOWORK=off GOFLAGS=-trimpath GOBIN=$tree/bin go install "github.com/axllent/mailpit@$version" >&2
  echo "$version"
}

server_configure() {
  printf 'tester@example.test:testpass\n' >"$run/users"
}

server_command() {
  command=("$tree/bin/mailpit" --disable-version-check --database "$run/mail.db" --max 0 --listen "127.0.0.1:$((port + 3))"
    --smtp "127.0.0.1:$port" --smtp-auth-file "$run/users" --smtp-auth-allow-insecure
    --smtp-tls-cert "$base/certificate/cert.pem" --smtp-tls-key "$base/certificate/key.pem"
    --smtp-disable-rdns --smtp-max-recipients 1000 --smtp-allowed-recipients '^(tester|postmaster)@example\.test$')
}

server_tells() {
  echo "store=http://127.0.0.1:$((port + 3))/api/v1"
}

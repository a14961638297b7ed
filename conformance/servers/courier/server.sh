# Courier from Debian. Its paths are compiled in, so it runs in namespaces of its own (run.sh), where /usr has its files
# laid over it.
auth_only=yes

server_install() {
  unpack courier-mta courier-base courier-authlib courier-authlib-userdb
  candidate courier-mta
}

server_configure() {
  account courier
  mkdir -p "$run"/{etc,var,run,mail/{tester,postmaster}/Maildir/{new,cur,tmp}} /etc/courier /var/lib/courier /run/courier
  cp -a "$tree/etc/courier/." "$run/etc/"
  cp -a "$tree/var/lib/courier/." "$run/var/"
  mkdir -p "$run"/{etc/aliasdir,run/authdaemon,var/{msgq,msgs,tmp,filters,allfilters,track}}
  chown -R courier:courier "$run/var" "$run/run"
  chown -R nobody:nogroup "$run/mail"
  chmod 770 "$run/var/tmp"; chmod 750 "$run/run/authdaemon"
  chown courier:courier "$tree/usr/lib/courier/courier/submitmkdir"; chmod 4755 "$tree/usr/lib/courier/courier/submitmkdir"
  cp "$base/certificate/both.pem" "$run/etc/esmtpd.pem"
  chown courier:courier "$run/etc/esmtpd.pem"; chmod 600 "$run/etc/esmtpd.pem"
  (
    cd "$run/etc"
    echo mail.example.test >me
    for f in defaultdomain locals esmtpacceptmailfor; do echo example.test >$f; done
    echo postmaster@mail.example.test >dsnfrom
    echo 'opt BOFHSPFHELO=off' >bofh
    echo 'root: postmaster' >aliases/system
    rm -rf smtpaccess
    local hmac box
    hmac=$(printf testpass | over userdbpw -hmac-md5)
    # it looks for who logs in with the domain, and for whom mail is without
    for box in {tester,postmaster}{,@example.test}; do
      printf '%s\tuid=%s|gid=%s|home=%s|shell=/bin/sh|mail=%s|systempw=%s|hmac-md5pw=%s\n' $box "$(id -u nobody)" \
        "$(id -g nobody)" "$run/mail/${box%@*}" "$run/mail/${box%@*}/Maildir" "$(openssl passwd -6 testpass)" "$hmac"
    done >userdb
    chmod 600 userdb
    cp "$folder/authdaemonrc" .
    local mechanisms="PLAIN LOGIN CRAM-MD5"
    sed -i "s/^BOFHCHECKDNS=.*/BOFHCHECKDNS=0/; s/^TARPIT=.*/TARPIT=0/; s/^TLS_DHPARAMS=.*//; s/^ULIMIT=.*/ULIMIT=unlimited/
      s/^ESMTPAUTH=.*/ESMTPAUTH=\"$mechanisms\"/; s/^ESMTPAUTH_TLS=.*/ESMTPAUTH_TLS=\"$mechanisms\"/" esmtpd
  )
}

# over COMMAND...: with /usr as Courier wants it
over() { unshare -m --propagation private sh -c 'mount -t overlay overlay -o "lowerdir=$0/usr:/usr" /usr && exec "$@"' "$tree" "$@"; }

server_command() {
  # unshare does not end with TERM; with it ends its child, and with that all there is in the process namespace
  command=(bash -c 'unshare -m --propagation private --pid --fork --kill-child bash "$@" & trap "kill -KILL $!" TERM; wait'
    - "$folder/run.sh" "$tree" "$run" "$port")
}

"""tokens.py PORT: token introspection (RFC 7662) for one token, testtoken, of tester@example.test."""
import http.server
import json
import sys
import urllib.parse


class Introspection(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        octets = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        good = urllib.parse.parse_qs(octets.decode()).get('token') == ['testtoken']
        answer = {'active': True, 'username': 'tester@example.test', 'scope': 'mail'} if good else {'active': False}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Introspection).serve_forever()

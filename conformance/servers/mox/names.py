"""names.py ADDRESS PID: a name server on ADDRESS until the process PID ends. Names below .test have the address 127.0.0.1
and nothing else; no other name exists."""
import os
import socket
import struct
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
server.settimeout(1)
while os.path.exists('/proc/' + sys.argv[2]):
    try:
        query, client = server.recvfrom(4096)
    except TimeoutError:
        continue
    labels, at = [], 12  # behind the header (RFC 1035 section 4.1.1)
    while at < len(query) and query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].lower())
        at += 1 + query[at]
    question = query[12:at + 5]
    known, address = labels[-1:] == [b'test'], question[-4:-2] == b'\0\1'
    answer = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1' if known and address else b''
    flags = 0x8180 if known else 0x8183  # no error, or no such name
    server.sendto(query[:2] + struct.pack('>HHHHH', flags, 1, 1 if answer else 0, 0, 0) + question + answer, client)

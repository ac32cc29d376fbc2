// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore
import NIOHTTP1
import Testing

@testable import FerryClient

/// Rows 1–20 of the catalogue of bad input: `files.upload` of a text.
@Suite struct InlineUploadRowTests {
    private func accepted(_ text: String, _ content: [UInt8], type: String = "text/plain") async throws {
        let seen = try await seen { try await $0.files.upload(text) }
        #expect(seen.bytes == content)
        #expect(seen.contentType == type)
    }

    private func refusedDataURI(_ text: String) async throws {
        let error = try await refused { try await $0.files.upload(text) }
        #expect(error.code == .invalidDataURI)
        #expect(error.message.hasPrefix("Invalid data URI format: "))
        #expect(error.message.utf8.count < 200)
    }

    private func refusedText(_ text: String) async throws {
        let error = try await refused { try await $0.files.upload(text) }
        #expect(error.code == .invalidInput)
    }

    @Test(arguments: ["data:"]) func `row 1: nothing behind the colon is refused`(text: String) async throws {
        try await refusedDataURI(text)
    }

    @Test(arguments: ["data:,"]) func `row 2: nothing behind the comma is an empty text`(text: String) async throws {
        try await accepted(text, [])
    }

    @Test(arguments: ["data:text/html", "data:text/html;base64"])
    func `row 3: without a comma it is refused`(text: String) async throws { try await refusedDataURI(text) }

    @Test(arguments: ["data:;base64;base64,WA"])
    func `row 4: base64 said twice is base64`(text: String) async throws { try await accepted(text, [0x58]) }

    @Test(arguments: ["data:x/x;base64;charset=x,WA"])
    func `row 5: base64 before another parameter means nothing`(text: String) async throws {
        let seen = try await seen { try await $0.files.upload(text) }
        #expect(seen.bytes == [0x57, 0x41])
        #expect(seen.contentType.hasPrefix("x/x;"))
    }

    @Test(arguments: ["data:;BASe64,WA", "data:;base64,WA", "data:; BASE64 ,WA"])
    func `row 6: base64 is said in any case`(text: String) async throws { try await accepted(text, [0x58]) }

    @Test(arguments: ["data:image/png;charset=utf-8;base64,AAAA", "data:image/png;charset=utf-8;base64,A%41AA"])
    func `row 7: parameters may stand before base64`(text: String) async throws {
        try await accepted(text, [0, 0, 0], type: "image/png;charset=utf-8")
    }

    @Test(arguments: ["data:;%62ase64,WA"])
    func `row 8: an escape does not say base64`(text: String) async throws {
        let seen = try await seen { try await $0.files.upload(text) }
        #expect(seen.bytes == [0x57, 0x41])
    }

    @Test(arguments: ["DATA:,X", "dAtA:,X"])
    func `row 9: the scheme is said in any case`(text: String) async throws { try await accepted(text, [0x58]) }

    @Test(arguments: [("data:text/plain,a%0", "a%0"), ("data:text/plain,%zz", "%zz"), ("data:text/plain,%", "%")])
    func `row 10: what is no escape stays as it is`(text: String, content: String) async throws {
        try await accepted(text, Array(content.utf8))
    }

    @Test(arguments: ["data:,%FF", "data:,%ff"])
    func `row 11: bytes need not be UTF-8`(text: String) async throws { try await accepted(text, [0xFF]) }

    @Test(arguments: ["data:image/png\0,X", "data:image/png\r\nX: y,X", "data:a/b;x=\r\nY: z;base64,WA"])
    func `row 12: line ends and NUL never come into a header`(text: String) async throws {
        try await accepted(text, [0x58])
    }

    @Test(arguments: [64 << 20]) func `row 13: beyond the limit it is refused and not shown`(limit: Int) async throws {
        let payload = String(repeating: "QUJD", count: limit / 3 + 1)
        for text in ["data:application/octet-stream;base64," + payload, payload] {
            let error = try await refused(change: { $0.limits.maximumInlineSize = limit }) {
                try await $0.files.upload(text)
            }
            #expect(error.code == .limitExceeded)
            #expect(error.message.contains("\(limit) bytes"))
            #expect(!error.message.contains("QUJDQUJD"))
        }
    }

    @Test(arguments: [1 << 30]) func `row 13: the limit is a gigabyte unless told`(limit: Int) {
        #expect(TransferLimits().maximumInlineSize == limit)
    }

    @Test(arguments: [64 << 10]) func `row 14: an endless media type is refused`(length: Int) async throws {
        try await refusedDataURI("data:text/" + String(repeating: "x", count: length) + ",x")
        try await refusedDataURI("data:text/" + String(repeating: "x", count: 300) + ",x")
    }

    @Test(arguments: ["a", "abcde"]) func `row 15: a single digit left over is refused`(digits: String) async throws {
        try await refusedDataURI("data:;base64," + digits)
        try await refusedText(digits)
    }

    @Test(arguments: ["YR"]) func `row 16: stray bits pass in a data URI alone`(digits: String) async throws {
        try await accepted("data:;base64," + digits, Array("a".utf8))
        try await refusedText(digits + "==")
    }

    @Test(arguments: ["ab=c", "abcd===", "=", "ab=", "a=bc"])
    func `row 17: wrong padding is refused`(digits: String) async throws {
        try await refusedDataURI("data:;base64," + digits)
        try await refusedText(digits)
    }

    @Test(arguments: ["ab\tc\nd", " abc d\r\n"])
    func `row 18: white space passes in a data URI alone`(digits: String) async throws {
        try await accepted("data:;base64," + digits, [0x69, 0xB7, 0x1D])
        try await refusedText(digits)
    }

    @Test(arguments: ["-_8=", "-_8"])
    func `row 19: the URL-safe alphabet passes in a data URI alone`(digits: String) async throws {
        try await accepted("data:;base64," + digits, [0xFB, 0xFF])
        try await refusedText(digits)
    }

    @Test(arguments: ["ab\u{a0}cd", "ab\u{3000}cd", "ab\u{b}cd"])
    func `row 20: other white space is refused`(digits: String) async throws {
        try await refusedDataURI("data:;base64," + digits)
        try await refusedText(digits)
    }
}

@Suite struct InlineContentTests {
    private func content(_ text: String) throws -> InlineContent {
        try DataURI.hasScheme(text)
            ? InlineContent(dataURI: text, upTo: 1 << 30) : InlineContent(base64: text, upTo: 1 << 30)
    }

    @Test func `pieces of any length give the same bytes and no more than announced`() throws {
        let bytes = noise(2000)
        let escaped = bytes.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let spaced = Base64.encode(bytes).enumerated().map { $0.offset % 7 == 0 ? "\n\($0.element)" : "\($0.element)" }
        let texts = [
            Base64.encode(bytes), "data:;base64," + Base64.encode(bytes), "data:a/b," + escaped,
            "data:;base64," + spaced.joined(),
        ]
        for text in texts {
            let content = try content(text)
            #expect(content.size == bytes.count)
            #expect(content.head(700) == Array(bytes.prefix(700)))
            for length in [1, 2, 3, 5, 64, 1000, 100_000] {
                var pieces = content.pieces(of: length)
                var decoded: [UInt8] = []
                while let piece = try pieces.next() {
                    #expect(piece.readableBytes > 0 && piece.readableBytes <= length + 4)
                    decoded += piece.readableBytesView
                }
                #expect(decoded == bytes)
            }
        }
    }

    @Test func `a large data URI is sent again from its start after a lost connection`() async throws {
        let bytes = noise(5 << 20)
        let text = "data:application/x-thing;base64," + Base64.encode(bytes)
        try await withStub(
            atHead: { request, _ in request.method == "PUT" && request.earlier == 0 ? .reset : nil }, script: storing
        ) { (ferry, server) async throws in
            let file = try await ferry.files.upload(text)
            #expect(file.sha256 == sha256(bytes).hexadecimal)
            #expect(server.requests.filter { $0.method == "PUT" }.count == 2)
            #expect(
                server.requests.last { $0.method == "PUT" }?.headers.first(name: "content-type")
                    == "application/x-thing")
        }
    }

    @Test func `an option for the type wins over the data URI's own`() async throws {
        let options = UploadFileOptions(filename: "a.bin", contentType: "image/gif")
        let seen = try await seen { try await $0.files.upload("data:image/png;base64,AAAA", options: options) }
        #expect(seen.contentType == "image/gif")
        #expect(seen.filename == "a.bin")
    }

    @Test func `a data URI is downloaded in pieces`() async throws {
        let bytes = noise(300_000)
        let text = "data:;base64," + Base64.encode(bytes)
        try await withStub(change: { $0.limits.chunkSize = 1000 }, script: storing) { (ferry, server) async throws in
            #expect(try await ferry.files.downloadBytes(text) == bytes)
            var count = 0
            for try await chunk in ferry.files.downloadStream(text) {
                #expect(chunk.count <= 1000)
                count += chunk.count
            }
            #expect(count == bytes.count)
            #expect(try await ferry.files.downloadBytes("data:,").isEmpty)
            let error = await ferryError { _ = try await ferry.files.downloadBytes("data:;base64,a") }
            #expect(error?.code == .invalidDataURI)
            #expect(server.requests.isEmpty)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

/// Serves these bytes under `/content/…`, with ranges and conditions.
private func content(
    _ bytes: [UInt8], _ request: StubRequest, tag: String? = "\"v1\"", ranges: Bool = true, digest: Bool = true,
    headers extra: HTTPHeaders = [:]
) -> StubReply {
    var headers = extra
    if let tag { headers.add(name: "ETag", value: tag) }
    if digest { headers.add(name: "Repr-Digest", value: "sha-256=:\(Base64.encode(sha256(bytes))):") }
    if let condition = request.headers.first(name: "if-match"), condition != tag { return .respond(status: 412) }
    guard ranges, let range = request.headers.first(name: "range"), let dash = range.firstIndex(of: "-"),
        let start = Int(range[range.index(range.startIndex, offsetBy: 6)..<dash])
    else { return .respond(status: 200, headers: headers, body: bytes) }
    headers.add(name: "Content-Range", value: "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
    return .respond(status: 206, headers: headers, body: Array(bytes[start...]))
}

private func truncated(_ bytes: [UInt8], to count: Int, tag: String? = "\"v1\"") -> StubReply {
    .truncated(declared: bytes.count, headers: tag.map { ["ETag": $0] } ?? [:], body: Array(bytes.prefix(count)))
}

@Suite struct DownloadTests {
    @Test func `a record is downloaded without the key and its bytes are right`() async throws {
        let bytes = noise(3 << 20)
        try await withFolder { folder in
            try await withStub(script: { request, _ in content(bytes, request) }) { (ferry, server) async throws in
                let file = record(
                    url: "\(server.url)/content/\(fileID)/a.bin?signature=s", size: Int64(bytes.count),
                    sha256: sha256(bytes).hexadecimal)
                let steps = Shared<[TransferProgress]>([])
                let path = try await ferry.files.download(file, to: "\(folder)/out.bin") { step in
                    steps.change { $0.append(step) }
                }
                #expect(path == "\(folder)/out.bin")
                #expect(try read(path) == bytes)
                #expect(try names(in: folder) == ["out.bin"])
                #expect(server.requests.count == 1)
                #expect(server.requests[0].headers.first(name: "authorization") == nil)
                let whole = Int64(bytes.count)
                #expect(steps.value.last == TransferProgress(sent: whole, acknowledged: whole, total: whole))
            }
        }
    }

    @Test func `ids, addresses and task outputs are all understood`() async throws {
        let bytes = noise(1000)
        try await withStub(script: { request, server in
            request.path == "/files/\(fileID)"
                ? .json(["data": record(url: "\(server.url)/content/\(fileID)/a.bin").json, "messages": []])
                : content(bytes, request)
        }) { (ferry, server) async throws in
            let link = "\(server.url)/content/\(fileID)/a.bin"
            let output: JSONValue = ["image": ["uri": .string(link), "size": 1000], "plain": .string(link)]
            let byID = try await ferry.files.downloadBytes(fileID)
            #expect(byID == bytes)
            #expect(try await ferry.files.downloadBytes("inf://files/\(fileID)/a.bin") == bytes)
            #expect(try await ferry.files.downloadBytes(link) == bytes)
            #expect(try await ferry.files.downloadBytes(output["image"]) == bytes)
            #expect(try await ferry.files.downloadBytes(output["plain"]) == bytes)
            #expect(try await ferry.files.downloadBytes("data:,Hello%20World") == Array("Hello World".utf8))
            let error = await ferryError { _ = try await ferry.files.downloadBytes(output["nothing"]) }
            #expect(error?.code == .invalidInput)
        }
    }

    @Test func `a truncated download is never accepted`() async throws {
        let bytes = noise(100_000)
        try await withFolder { folder in
            try await withStub(
                script: { _, _ in truncated(bytes, to: 1000, tag: nil) }
            ) { (ferry, server) async throws in
                let error = await ferryError {
                    try await ferry.files.download("\(server.url)/x", to: "\(folder)/out.bin")
                }
                #expect(error?.code == .connection)
                #expect(error?.isRetryable == true)
                let left = try names(in: folder)
                #expect(left.isEmpty)
            }
        }
    }

    @Test func `a lost connection is taken up where it broke`() async throws {
        let bytes = noise(2 << 20)
        try await withFolder { folder in
            try await withStub(script: { request, _ in
                switch request.earlier {
                case 0: truncated(bytes, to: 700_000)
                case 1: .reset
                default: content(bytes, request)
                }
            }) { (ferry, server) async throws in
                try await ferry.files.download("\(server.url)/x", to: "\(folder)/out.bin")
                #expect(try read("\(folder)/out.bin") == bytes)
                let last = try #require(server.requests.last)
                #expect(last.headers.first(name: "range")?.hasPrefix("bytes=") == true)
                #expect(last.headers.first(name: "if-match") == "\"v1\"")
            }
        }
    }

    @Test func `without a strong tag the beginning is compared instead of trusted`() async throws {
        let bytes = noise(500_000)
        try await withStub(script: { request, _ in
            request.earlier == 0
                ? truncated(bytes, to: 200_000, tag: "W/\"weak\"")
                : content(bytes, request, tag: "W/\"weak\"", digest: false)
        }) { (ferry, server) async throws in
            let received = try await ferry.files.downloadBytes("\(server.url)/x")
            #expect(received == bytes)
            #expect(server.requests.last?.headers.first(name: "range") == nil)
        }
    }

    @Test func `a file that changed between connections is an error`() async throws {
        let bytes = noise(500_000)
        let others = noise(500_000, seed: 2)
        try await withStub(script: { request, _ in
            switch request.path {
            case "/tagged":
                request.earlier == 0 ? truncated(bytes, to: 200_000) : content(others, request, tag: "\"v2\"")
            default: request.earlier == 0 ? truncated(bytes, to: 200_000, tag: nil) : content(others, request, tag: nil)
            }
        }) { (ferry, server) async throws in
            for path in ["/tagged", "/untagged"] {
                let error = await ferryError { _ = try await ferry.files.downloadBytes("\(server.url)\(path)") }
                #expect(error?.code == .sourceChanged)
            }
        }
    }

    @Test func `bytes that differ from their digest are an error and nothing is left`() async throws {
        let bytes = noise(10_000)
        try await withFolder { folder in
            try write([7], to: "\(folder)/out.bin")
            try await withStub(script: { request, _ in
                let wrong = "sha-256=:\(Base64.encode(sha256([1]))):"
                return content(bytes, request, digest: false, headers: ["Repr-Digest": wrong])
            }) { (ferry, server) async throws in
                let error = await ferryError {
                    try await ferry.files.download("\(server.url)/x", to: "\(folder)/out.bin")
                }
                #expect(error?.code == .integrity)
                let kept = try read("\(folder)/out.bin")
                #expect(kept == [7])
                #expect(try names(in: folder) == ["out.bin"])
                var received = 0
                let streamError = await ferryError {
                    for try await chunk in ferry.files.downloadStream("\(server.url)/x") { received += chunk.count }
                }
                #expect(streamError?.code == .integrity)
                #expect(received == bytes.count)
            }
        }
    }

    @Test func `a download into memory has a limit`() async throws {
        try await withStub(script: { request, _ in content(noise(10_000), request) }) { (ferry, server) async throws in
            let error = await ferryError {
                _ = try await ferry.files.downloadBytes("\(server.url)/x", maximumSize: 9_999)
            }
            #expect(error?.code == .limitExceeded)
            let fitting = try await ferry.files.downloadBytes("\(server.url)/x", maximumSize: 10_000)
            #expect(fitting.count == 10_000)
        }
    }

    @Test func `redirects are followed without the key, up to five`() async throws {
        let bytes = noise(100)
        let other = try await StubServer.start { request, _ in content(bytes, request) }
        try await withStub(script: { request, _ in
            switch request.path {
            case "/once": .respond(status: 302, headers: ["Location": "/other"])
            case "/other": .respond(status: 307, headers: ["Location": "\(other.url)/file?signature=s"])
            default: .respond(status: 301, headers: ["Location": "/loop"])
            }
        }) { (ferry, server) async throws in
            let received = try await ferry.files.downloadBytes("\(server.url)/once")
            #expect(received == bytes)
            #expect(other.requests.allSatisfy { $0.headers.first(name: "authorization") == nil })
            let error = await ferryError { _ = try await ferry.files.downloadBytes("\(server.url)/loop") }
            #expect(error?.code == .limitExceeded)
            #expect(server.requests("GET", "/loop").count == 6)
        }
        try await other.stop()
    }

    @Test func `a link that ran out is asked for anew by its id`() async throws {
        let bytes = noise(100)
        try await withStub(script: { request, server in
            switch (request.path, request.query) {
            case ("/files/\(fileID)", _): .json(record(url: "\(server.url)/content/\(fileID)/a.bin?new").json)
            case (_, "new"): content(bytes, request)
            default: .problem(403, "url_expired", "the link has expired")
            }
        }) { (ferry, server) async throws in
            let received = try await ferry.files.downloadBytes("\(server.url)/content/\(fileID)/a.bin?old")
            #expect(received == bytes)
        }
    }

    @Test func `into a folder it goes under a safe form of the server's name`() async throws {
        try await withFolder { folder in
            try await withStub(script: { request, _ in
                content([1, 2], request, headers: ["Content-Disposition": "attachment; filename=\"../../etc/x:y\""])
            }) { (ferry, server) async throws in
                let path = try await ferry.files.download("\(server.url)/f", to: folder)
                #expect(path.hasPrefix(folder + "/"))
                #expect(try names(in: folder).count == 1)
                #expect(try !names(in: folder)[0].contains(":"))
                #expect(try read(path) == [1, 2])
            }
        }
    }

    @Test func `an existing file is kept unless it may be replaced`() async throws {
        try await withFolder { folder in
            try write([7], to: "\(folder)/out.bin")
            try await withStub(script: { request, _ in
                content([1], request, headers: ["Content-Disposition": "attachment; filename=out.bin"])
            }) { (ferry, server) async throws in
                for target in ["\(folder)/out.bin", folder] {
                    let error = await ferryError {
                        try await ferry.files.download("\(server.url)/f", to: target, overwrite: false)
                    }
                    #expect(error?.code == .alreadyExists)
                }
                #expect(try read("\(folder)/out.bin") == [7])
                #expect(try names(in: folder) == ["out.bin"])
                try await ferry.files.download("\(server.url)/f", to: "\(folder)/out.bin")
                #expect(try read("\(folder)/out.bin") == [1])
                try await ferry.files.download("\(server.url)/f", to: "\(folder)/new.bin", overwrite: false)
                #expect(try names(in: folder) == ["new.bin", "out.bin"])
            }
        }
    }

    @Test func `a link at the target is replaced and not followed`() async throws {
        try await withFolder { folder in
            try write([7], to: "\(folder)/victim")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/out.bin", withDestinationPath: "\(folder)/victim")
            try await withStub(script: { request, _ in content([1], request) }) { (ferry, server) async throws in
                try await ferry.files.download("\(server.url)/f", to: "\(folder)/out.bin")
                #expect(try read("\(folder)/victim") == [7])
                #expect(try read("\(folder)/out.bin") == [1])
            }
        }
    }

    @Test(arguments: ["/dev/null", "/nonexistent/folder/file", "/tmp/nonexistent-folder-for-ferry/"])
    func `a target that cannot be is refused`(path: String) async throws {
        try await withStub(script: { request, _ in content([1], request) }) { (ferry, server) async throws in
            let error = await ferryError { try await ferry.files.download("\(server.url)/f", to: path) }
            #expect(error?.code == .localFile || error?.code == .localFileNotFound)
        }
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test func `an empty file is a file`() async throws {
        try await withFolder { folder in
            try await withStub(script: { request, _ in content([], request) }) { (ferry, server) async throws in
                try await ferry.files.download("\(server.url)/f", to: "\(folder)/out.bin")
                #expect(try read("\(folder)/out.bin").isEmpty)
            }
        }
    }

    @Test func `a coding that was not asked for is refused`() async throws {
        try await withStub(script: { request, _ in
            content([1], request, headers: ["Content-Encoding": "gzip"])
        }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.downloadBytes("\(server.url)/f") }
            #expect(error?.code == .server)
        }
    }
}

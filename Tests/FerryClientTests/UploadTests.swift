// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import FerryClient

@Suite struct UploadTests {
    @Test func `a file goes up whole with its name, type, size and length`() async throws {
        try await withFolder { folder in
            let bytes = noise(3 << 20)
            try write(bytes, to: "\(folder)/photo.png")
            try await withStub(script: storing) { (ferry, server) async throws in
                let file = try await ferry.files.upload(path: "\(folder)/photo.png")
                #expect(file.size == Int64(bytes.count))
                #expect(file.sha256 == sha256(bytes).hexadecimal)
                #expect(file.uri.hasPrefix("inf://files/"))
                #expect(file.url.contains("/content/"))
                let partial = try #require(server.requests("POST", "/files").first?.json?["files"]?[0])
                #expect(partial["filename"] == "photo.png")
                #expect(partial["content_type"] == "image/png")
                #expect(partial["size"] == .integer(Int64(bytes.count)))
                let put = try #require(server.requests.first { $0.method == "PUT" })
                #expect(put.headers.first(name: "content-length") == "\(bytes.count)")
                #expect(put.headers.first(name: "content-type") == "image/png")
                #expect(put.headers.first(name: "user-agent") == "ferry/0.1")
                #expect(put.bodyDigest == sha256(bytes))
            }
        }
    }

    @Test func `the key goes to the API and never to the address of the bytes`() async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            _ = try await ferry.files.upload([1, 2, 3])
            for request in server.requests {
                let authorization = request.headers.first(name: "authorization")
                #expect(authorization == (request.method == "PUT" ? nil : "Bearer inf_test_secret"))
            }
        }
    }

    @Test func `the key never goes to another origin`() async throws {
        let other = try await StubServer.start { _, _ in .json(["status": "ok"]) }
        try await withStub(script: storing) { (ferry, server) async throws in
            let address = try #require(WebAddress(other.url))
            let request = Transport.Request(method: .GET, address: address, isAuthorized: true)
            _ = try await ferry.transport.send(request)
        }
        #expect(other.requests.count == 1)
        #expect(other.requests[0].headers.first(name: "authorization") == nil)
        try await other.stop()
    }

    @Test(arguments: [0, 1, 65_536, 1_048_577])
    func `bytes of any number go up`(count: Int) async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let bytes = noise(count)
            let file = try await ferry.files.upload(bytes, options: UploadFileOptions(filename: "data.bin"))
            let put = try #require(server.requests.first { $0.method == "PUT" })
            #expect(put.bodyDigest == sha256(bytes))
            #expect(put.headers.first(name: "content-length") == "\(count)")
            #expect(file.size == Int64(count))
        }
    }

    @Test func `every option is sent and the caller's options stay as they are`() async throws {
        try await withFolder { folder in
            try write([1], to: "\(folder)/a.txt")
            try await withStub(script: storing) { (ferry, server) async throws in
                let options = UploadFileOptions(
                    filename: "custom.png", contentType: "image/png", path: "/custom/path", public: true)
                let copy = options
                _ = try await ferry.files.upload(path: "\(folder)/a.txt", options: options)
                let partial = try #require(server.requests("POST", "/files").first?.json?["files"]?[0])
                #expect(partial["filename"] == "custom.png")
                #expect(partial["content_type"] == "image/png")
                #expect(partial["path"] == "/custom/path")
                #expect(partial["public"] == true)
                #expect(options == copy)
            }
        }
    }

    @Test(arguments: [
        ("data:text/plain,Hello%20World", "text/plain", "Hello World"), ("data:,x", "text/plain", "x"),
        ("data:image/png;base64,aGk=", "image/png", "hi"),
        ("data:text/plain;charset=utf-8;base64,aGk", "text/plain;charset=utf-8", "hi"),
        ("aGVsbG8=", "text/plain", "hello"), ("AAECAw==", "application/octet-stream", "\0\u{1}\u{2}\u{3}"),
    ])
    func `data URIs and base64 go up as what they hold`(text: String, type: String, content: String) async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            _ = try await ferry.files.upload(text)
            let put = try #require(server.requests.first { $0.method == "PUT" })
            #expect(put.body == Array(content.utf8))
            let partial = try #require(server.requests("POST", "/files").first?.json?["files"]?[0])
            #expect(partial["content_type"] == .string(type))
            #expect(put.headers.first(name: "content-type") == type)
        }
    }

    @Test(arguments: ["data:", "data:text/plain;base64", "data:text/plain;base64,%%%"])
    func `a data URI that is none is refused before any request`(text: String) async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload(text) }
            #expect(error?.code == .invalidDataURI)
            #expect(error?.message.hasPrefix("Invalid data URI format") == true)
            #expect(server.requests.isEmpty)
        }
    }

    @Test(arguments: ["/path/to/image.png", "", "abc", "YR", "ab=c"])
    func `other text is refused with the right call named`(text: String) async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload(text) }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.contains("upload(path:)") == true)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a stream goes up in chunks of unknown number`() async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let chunks = (0..<40).map { noise(30_000, seed: UInt64($0)) }
            let stream = AsyncStream { continuation in
                for chunk in chunks { continuation.yield(chunk) }
                continuation.finish()
            }
            let file = try await ferry.files.upload(stream, options: UploadFileOptions(filename: "log.txt"))
            let put = try #require(server.requests.first { $0.method == "PUT" })
            #expect(put.bodyDigest == sha256(chunks.flatMap { $0 }))
            #expect(put.headers.first(name: "transfer-encoding") == "chunked")
            #expect(file.size == 1_200_000)
            let partial = try #require(server.requests("POST", "/files").first?.json?["files"]?[0])
            #expect(partial["content_type"] == "text/plain")
            #expect(partial["size"] == nil)
        }
    }

    @Test func `a server that answers the PUT with nothing is asked for the record`() async throws {
        try await withStub(script: { request, server in
            switch request.method {
            case "PUT": .respond(status: 200)
            case "GET": .json(record(url: "https://cdn.example/a.bin", size: 3).json)
            default: storing(request, server)
            }
        }) { (ferry, _) async throws in
            #expect(try await ferry.files.upload([1, 2, 3]).url == "https://cdn.example/a.bin")
        }
    }

    @Test func `progress grows and ends acknowledged`() async throws {
        try await withFolder { folder in
            try write(noise(5 << 20), to: "\(folder)/a.bin")
            try await withStub(script: storing) { (ferry, _) async throws in
                let steps = Shared<[TransferProgress]>([])
                _ = try await ferry.files.upload(path: "\(folder)/a.bin") { step in steps.change { $0.append(step) } }
                let sent = steps.value.map(\.sent)
                #expect(sent == sent.sorted())
                #expect(steps.value.count > 10)
                #expect(steps.value.first?.acknowledged == 0)
                #expect(steps.value.last == TransferProgress(sent: 5 << 20, acknowledged: 5 << 20, total: 5 << 20))
            }
        }
    }

    @Test func `an iterated upload ends with the record`() async throws {
        try await withFolder { folder in
            try write(noise(1 << 20), to: "\(folder)/a.bin")
            try await withStub(script: storing) { (ferry, _) async throws in
                var finished: FileDTO?
                for try await event in ferry.files.uploading(path: "\(folder)/a.bin") {
                    if case .finished(let file) = event { finished = file }
                }
                #expect(finished?.size == 1 << 20)
            }
        }
    }

    @Test func `every collection of bytes will do and official names are there`() async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let data = Data([1, 2, 3])
            #expect(try await ferry.files.upload(data).size == 3)
            #expect(try await ferry.files.upload([1, 2, 3, 4][1...]).size == 3)
            #expect(try await ferry.files.upload("abc".utf8).size == 3)
            #expect(try await ferry.files.upload(data, filename: "a.txt", contentType: "text/plain").size == 3)
            let partial = try #require(server.requests("POST", "/files").last?.json?["files"]?[0])
            #expect(partial["filename"] == "a.txt")
            let bytes = AsyncStream<UInt8> { continuation in
                for byte in UInt8(0)..<200 { continuation.yield(byte) }
                continuation.finish()
            }
            #expect(try await ferry.files.upload(bytes).size == 200)
        }
    }

    @Test func `an empty file is sent once, however late it is read`() async throws {
        try await withFolder { folder in
            try write([], to: "\(folder)/empty.bin")
            let clients = Shared<[Ferry]>([])
            let isAnswered = Shared(false)
            try await withStub(script: { request, server in
                if request.method == "POST", let threads = clients.value.first?.files.transport.threads {
                    for _ in 0..<threads.numberOfThreads {
                        threads.submit { _ in
                            let limit = ContinuousClock.now + .seconds(10)
                            while !isAnswered.value, ContinuousClock.now < limit { usleep(1000) }
                            usleep(100_000)
                        }
                    }
                }
                if request.method == "PUT" { isAnswered.change { $0 = true } }
                return storing(request, server)
            }) { (ferry, server) async throws in
                clients.change { $0 = [ferry] }
                #expect(try await ferry.files.upload(path: "\(folder)/empty.bin").size == 0)
                #expect(server.requests.filter { $0.method == "PUT" }.count == 1)
            }
        }
    }

    @Test func `twenty uploads at once all arrive intact`() async throws {
        try await withFolder { folder in
            let sizes = (0..<20).map { [0, 1, 1000, 65_536, 1 << 20, (8 << 20) + 7][$0 % 6] }
            for (index, size) in sizes.enumerated() {
                try write(noise(size, seed: UInt64(index)), to: "\(folder)/\(index).bin")
            }
            try await withStub(script: storing) { (ferry, server) async throws in
                let files = try await withThrowingTaskGroup(of: (Int, FileDTO).self) { group in
                    for index in sizes.indices {
                        group.addTask { (index, try await ferry.files.upload(path: "\(folder)/\(index).bin")) }
                    }
                    return try await group.reduce(into: [Int: FileDTO]()) { $0[$1.0] = $1.1 }
                }
                for (index, size) in sizes.enumerated() {
                    #expect(files[index]?.sha256 == sha256(noise(size, seed: UInt64(index))).hexadecimal)
                }
                #expect(server.requests.filter { $0.method == "PUT" }.count == 20)
            }
        }
    }
}

@Suite struct LocalSourceTests {
    @Test func `a missing file is told as such and no request is made`() async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload(path: "/nonexistent/file") }
            #expect(error?.code == .localFileNotFound)
            #expect(error?.message.contains("/nonexistent/file") == true)
            #expect(server.requests.isEmpty)
        }
    }

    @Test(arguments: ["/dev/zero", "/dev/null", "/tmp", "/proc/self"])
    func `devices and folders are refused`(path: String) async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload(path: path) }
            #expect(error?.code == .localFile)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a pipe nobody writes to is refused at once`() async throws {
        try await withFolder { folder in
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            try await withStub(script: storing) { (ferry, _) async throws in
                let error = await ferryError { _ = try await ferry.files.upload(path: "\(folder)/pipe") }
                #expect(error?.code == .localFile)
            }
        }
    }

    @Test func `a file that grows while it is sent is an error and leaves no record`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a.bin"
            try write(noise(8 << 20), to: path)
            try await withStub(script: storing) { (ferry, server) async throws in
                let hasGrown = Mutex(false)
                let error = await ferryError {
                    _ = try await ferry.files.upload(path: path) { step in
                        let isFirst = hasGrown.withLock { done in
                            defer { done = true }
                            return !done
                        }
                        if isFirst { try? append([1], to: path) }
                    }
                }
                #expect(error?.code == .sourceChanged)
                #expect(server.requests.contains { $0.method == "DELETE" })
            }
        }
    }

    @Test func `a file that is cut while it is sent is an error`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a.bin"
            try write(noise(8 << 20), to: path)
            try await withStub(script: storing) { (ferry, _) async throws in
                let error = await ferryError {
                    _ = try await ferry.files.upload(path: path) { _ in truncate(path, 1 << 20) }
                }
                #expect(error?.code == .sourceChanged)
            }
        }
    }
}

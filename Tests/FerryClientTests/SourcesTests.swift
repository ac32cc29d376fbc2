// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOPosix
import Testing

@testable import FerryClient

@Suite struct SourcesTests {
    @Test func `a file URL is the file, whatever its name`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a b%41 é#?.txt"
            try write(Array("hello".utf8), to: path)
            let seen = try await seen { try await $0.files.upload(URL(fileURLWithPath: path)) }
            #expect(seen.bytes == Array("hello".utf8))
            #expect(seen.filename == "a b%41 é#?.txt")
        }
    }

    @Test(arguments: ["http://example.org/a.png", "https://example.org/a.png?signature=secret", "HTTPS://example.org/"])
    func `an address of the web is refused with the reason`(text: String) async throws {
        let url = try #require(URL(string: text))
        for error in [
            try await refused { try await $0.files.upload(url) }, try await refused { try await $0.files.upload(text) },
        ] {
            #expect(error.code == .invalidInput)
            #expect(error.message.contains("give it to a task as it is"))
            #expect(!error.message.contains("secret"))
        }
    }

    @Test(arguments: ["ftp://example.org/a", "mailto:a@b.example", "file://elsewhere/etc/hosts"])
    func `other URLs are refused`(text: String) async throws {
        let url = try #require(URL(string: text))
        let error = try await refused { try await $0.files.upload(url) }
        #expect(error.code == .invalidInput)
    }

    @Test func `a data URL is its content`() async throws {
        let url = try #require(URL(string: "data:text/plain;base64,aGk="))
        let seen = try await seen { try await $0.files.upload(url) }
        #expect(seen.bytes == Array("hi".utf8))
    }

    @Test func `what is uploaded already is not uploaded again`() async throws {
        let script: StubServer.Script = { request, server in
            request.method == "GET" ? .json(record(filename: "kept.png", size: 7).json) : storing(request, server)
        }
        try await withStub(script: script) { (ferry, server) async throws in
            let file = record(size: 5)
            #expect(try await ferry.files.upload(file) == file)
            #expect(server.requests.isEmpty)
            let reference = FileRef(uri: "inf://files/\(fileID)/a", filename: "a", contentType: "image/png")
            #expect(try await ferry.files.upload(reference).size == 7)
            #expect(try await ferry.files.upload("inf://files/\(fileID)/kept.png").filename == "kept.png")
            let link = "\(server.url)/content/\(fileID)/kept.png?signature=s"
            #expect(try await ferry.files.upload(link).filename == "kept.png")
            let url = try #require(URL(string: "inf://files/\(fileID)/kept.png"))
            #expect(try await ferry.files.upload(url).id == fileID)
            #expect(server.requests.allSatisfy { $0.method == "GET" })
            let error = await ferryError { _ = try await ferry.files.upload("inf://agents/x") }
            #expect(error?.code == .invalidInput)
        }
    }

    @Test func `several files go up at once, in order`() async throws {
        try await withFolder { folder in
            let paths = (0..<12).map { "\(folder)/\($0).bin" }
            for (index, path) in paths.enumerated() { try write(noise(1000 + index), to: path) }
            let steps = Shared<[Int: Int64]>([:])
            let most = Shared((now: 0, most: 0))
            let script: StubServer.Script = { request, server in
                most.change { $0.now += 1 }
                await Task.yield()
                most.change { state in
                    state.most = max(state.most, state.now)
                    state.now -= 1
                }
                return storing(request, server)
            }
            try await withStub(change: { $0.limits.automaticUploads = 3 }, script: script) { (ferry, _) async throws in
                let files = try await ferry.files.upload(paths: paths) { index, step in
                    steps.change { $0[index] = step.acknowledged }
                }
                #expect(files.map(\.size) == (0..<12).map { Int64(1000 + $0) })
                #expect(files.map(\.filename).count == 12)
                #expect(steps.value.count == 12)
                #expect(most.value.most <= 3)
                #expect(try await ferry.files.upload(paths: []).isEmpty)
            }
        }
    }

    @Test func `one of several that fails takes the others back`() async throws {
        try await withFolder { folder in
            let paths = (0..<4).map { "\(folder)/\($0).bin" }
            for path in paths { try write(noise(1000), to: path) }
            let script: StubServer.Script = { request, server in
                request.method == "POST" && request.json?["files"]?[0]?["filename"] == "3.bin"
                    ? .problem(403, "forbidden", "not that one") : storing(request, server)
            }
            try await withStub(change: { $0.limits.automaticUploads = 1 }, script: script) {
                (ferry, server) async throws in
                let error = await ferryError { _ = try await ferry.files.upload(paths: paths) }
                #expect(error?.status == 403)
                let made = server.requests.filter { $0.method == "PUT" }.map { $0.path.split(separator: "/").last }
                let deleted = server.requests.filter { $0.method == "DELETE" }.map {
                    $0.path.split(separator: "/").last
                }
                #expect(Set(made) == Set(deleted))
                #expect(made.count == 3)
            }
        }
    }

    @Test func `a mistyped one of several costs nothing`() async throws {
        try await withFolder { folder in
            try write([1], to: "\(folder)/a")
            try await withStub(script: storing) { (ferry, server) async throws in
                let missing = await ferryError {
                    _ = try await ferry.files.upload(paths: ["\(folder)/a", "\(folder)/b"])
                }
                #expect(missing?.code == .localFileNotFound)
                let options = UploadFileOptions(filename: "x")
                let named = await ferryError {
                    _ = try await ferry.files.upload(paths: ["\(folder)/a", "\(folder)/a"], options: options)
                }
                #expect(named?.code == .invalidInput)
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func `a descriptor is read to its end, however slowly it comes`() async throws {
        let (readEnd, writeEnd) = try pipeEnds()
        defer { close(readEnd) }
        let chunks = DescriptorBytes(
            descriptor: readEnd, name: "a pipe", chunkSize: 1000, threads: NIOThreadPool.singleton)
        let bytes = noise(5000)
        let writer = Task.detached {
            for start in stride(from: 0, to: bytes.count, by: 700) {
                let part = Array(bytes[start..<min(start + 700, bytes.count)])
                _ = part.withUnsafeBytes { write(writeEnd, $0.baseAddress, $0.count) }
                await Task.yield()
            }
            close(writeEnd)
        }
        let seen = try await seen { try await $0.files.upload(chunks, options: UploadFileOptions(filename: "x.log")) }
        await writer.value
        #expect(seen.bytes == bytes)
        #expect(seen.contentType == "text/plain")
    }

    @Test func `waiting for a descriptor can be cancelled`() async throws {
        let (readEnd, writeEnd) = try pipeEnds()
        defer {
            close(readEnd)
            close(writeEnd)
        }
        let chunks = DescriptorBytes(
            descriptor: readEnd, name: "a pipe", chunkSize: 1000, threads: NIOThreadPool.singleton)
        let reader = Task { for try await _ in chunks {} }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    @Test func `an option for the end of life is sent in seconds and checked`() async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            _ = try await ferry.files.upload([1], options: UploadFileOptions(expiresIn: .seconds(3600)))
            #expect(server.requests("POST", "/files").last?.json?["files"]?[0]?["expires_in"] == 3600)
            for wrong in [Duration.zero, .seconds(59), .seconds(-1), .seconds(31_536_001)] {
                let error = await ferryError {
                    _ = try await ferry.files.upload([1], options: UploadFileOptions(expiresIn: wrong))
                }
                #expect(error?.code == .invalidInput)
            }
            #expect(server.requests("POST", "/files").count == 1)
        }
    }

    @Test func `the system's table is asked for names the built-in one does not know`() async throws {
        try await withFolder { folder in
            try write(Array("50:image/x-made-up:*.madeup\n50:image/x-wrong:*.png\n".utf8), to: "\(folder)/globs2")
            try write(Array("image/x-older older\n".utf8), to: "\(folder)/mime.types")
            let threads = NIOThreadPool.singleton
            let types = SystemTypes(globs: "\(folder)/globs2", plain: "\(folder)/mime.types")
            #expect(await types.type(ofFilename: "a.madeup", on: threads) == "image/x-made-up")
            #expect(await types.type(ofFilename: "a.png", on: threads) == nil)
            #expect(await types.type(ofFilename: "madeup", on: threads) == nil)
            let older = SystemTypes(globs: "\(folder)/none", plain: "\(folder)/mime.types")
            #expect(await older.type(ofFilename: "a.older", on: threads) == "image/x-older")
            let none = SystemTypes(globs: folder, plain: "/dev/zero")
            #expect(await none.type(ofFilename: "a.older", on: threads) == nil)
        }
    }

    private func pipeEnds() throws -> (CInt, CInt) {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }
}

@Suite struct ChangingSourceTests {
    /// Uploads a file of that many bytes and does something to it at the first step; gives the error.
    private func upload(_ count: Int, _ disturb: @escaping @Sendable (String) -> Void) async throws -> FerryError? {
        var error: FerryError?
        try await withFolder { folder in
            let path = "\(folder)/a.bin"
            try write(noise(count), to: path)
            try await withStub(script: storing) { (ferry, server) async throws in
                let isDone = Shared(false)
                error = await ferryError {
                    _ = try await ferry.files.upload(path: path) { _ in
                        let isFirst = isDone.change { done in
                            defer { done = true }
                            return !done
                        }
                        if isFirst { disturb(path) }
                    }
                }
                // Nothing is committed: no PUT was whole, and the record is gone.
                if error != nil {
                    #expect(!server.requests.contains { $0.method == "PUT" && $0.bodySize == count && count > 0 })
                    #expect(server.requests.contains { $0.method == "DELETE" })
                }
            }
        }
        return error
    }

    @Test(arguments: [0, 1, 1000, 3 << 20])
    func `a file that grew is not sent`(count: Int) async throws {
        let error = try await upload(count) { try? append([1], to: $0) }
        #expect(error?.code == .sourceChanged)
    }

    @Test(arguments: [1, 3 << 20]) func `a file that was cut is not sent`(count: Int) async throws {
        let error = try await upload(count) { truncate($0, 0) }
        #expect(error?.code == .sourceChanged)
    }

    @Test(arguments: [1, 3 << 20]) func `a file rewritten at the same size is not sent`(count: Int) async throws {
        let error = try await upload(count) { path in
            try? write(noise(count, seed: 9), to: path)
            var times = [timespec(tv_sec: 1, tv_nsec: 1), timespec(tv_sec: 1, tv_nsec: 1)]
            utimensat(AT_FDCWD, path, &times, 0)
        }
        #expect(error?.code == .sourceChanged)
    }

    @Test(arguments: [0, 1, 3 << 20]) func `a file put in its place is not what was meant`(count: Int) async throws {
        let error = try await upload(count) { path in
            try? write(noise(count, seed: 9), to: path + ".new")
            rename(path + ".new", path)
        }
        #expect(error?.code == .sourceChanged)
    }

    @Test func `a file that only loses its name goes up whole`() async throws {
        let error = try await upload(3 << 20) { unlink($0) }
        #expect(error == nil)
    }

    @Test func `a file with a writer at work never goes up mixed`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a.bin"
            try write([UInt8](repeating: 0, count: 4 << 20), to: path)
            let stop = Shared(false)
            let writer = Task.detached {
                let descriptor = open(path, O_WRONLY)
                var value: UInt8 = 1
                while !stop.value {
                    let block = [UInt8](repeating: value, count: 64 << 10)
                    for index in 0..<64 { _ = pwrite(descriptor, block, block.count, off_t(index * block.count)) }
                    value = value &+ 1
                    await Task.yield()
                }
                close(descriptor)
            }
            try await withStub(script: storing) { (ferry, _) async throws in
                let error = await ferryError { _ = try await ferry.files.upload(path: path) }
                #expect(error?.code == .sourceChanged)
            }
            stop.change { $0 = true }
            await writer.value
        }
    }
}

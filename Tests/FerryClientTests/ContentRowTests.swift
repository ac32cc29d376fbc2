// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

/// Rows 42, 48, 50, 53, 54 and 68 of the catalogue of bad input, as far as they concern the client.
@Suite struct ContentRowTests {
    @Test(arguments: ["folder", "missing", "/proc/self/mem", "loop", "growing", "empty"])
    func `row 42: what is no file that can be read whole is refused`(kind: String) async throws {
        try await withFolder { folder in
            let path = kind.hasPrefix("/") ? kind : "\(folder)/\(kind)"
            switch kind {
            case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            case "loop": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
            case "growing", "empty": try write([], to: path)
            default: break
            }
            try await withStub(script: storing) { (ferry, server) async throws in
                let error = await ferryError {
                    _ = try await ferry.files.upload(path: path) { _ in
                        if kind == "growing" { try? append([1], to: path) }
                    }
                }
                switch kind {
                case "empty":
                    #expect(error == nil && server.requests.contains { $0.method == "PUT" && $0.bodySize == 0 })
                case "growing": #expect(error?.code == .sourceChanged)
                case "missing": #expect(error?.code == .localFileNotFound)
                default: #expect(error?.code == .localFile)
                }
                if kind != "empty", kind != "growing" { #expect(server.requests.isEmpty) }
            }
        }
    }

    @Test(arguments: ["/proc/cpuinfo", "/proc/self/status", "/proc/self/environ"])
    func `row 42: a file that does not tell its size is not sent as an empty one`(path: String) async throws {
        let error = try await refused { try await $0.files.upload(path: path) }
        #expect(error.code == .localFile)
        #expect(error.message.contains("does not tell its size"))
    }

    @Test(arguments: ["", "garbage", "*/*", "a/", "/", "text/" + String(repeating: "x", count: 2048)])
    func `row 48: what is no media type counts as bytes`(type: String) async throws {
        let options = UploadFileOptions(contentType: type)
        let seen = try await seen { try await $0.files.upload([0, 1, 2], options: options) }
        #expect(seen.contentType == "application/octet-stream")
    }

    @Test(arguments: ["a/b\r\nX: y", "a/b\0", "a/b\n"])
    func `row 47: a media type with a line end is refused`(type: String) async throws {
        let options = UploadFileOptions(contentType: type)
        let error = try await refused { try await $0.files.upload([0], options: options) }
        #expect(error.code == .invalidInput)
    }

    @Test(arguments: ["path", "bytes", "data URI", "base64", "stream", "option"])
    func `row 50: record and PUT always have the same type`(kind: String) async throws {
        try await withFolder { folder in
            let bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]
            try write(bytes, to: "\(folder)/a.jpg")
            let seen = try await seen { ferry in
                switch kind {
                case "path": return try await ferry.files.upload(path: "\(folder)/a.jpg")
                case "bytes": return try await ferry.files.upload(bytes)
                case "data URI": return try await ferry.files.upload("data:image/png;base64,iVBORw0KGgoA")
                case "base64": return try await ferry.files.upload("iVBORw0KGgoA")
                case "option":
                    return try await ferry.files.upload([1], options: UploadFileOptions(contentType: "IMAGE/PNG"))
                default:
                    let stream = AsyncStream { continuation in
                        continuation.yield(bytes)
                        continuation.finish()
                    }
                    return try await ferry.files.upload(stream, options: UploadFileOptions(filename: "a.png"))
                }
            }
            // The types are compared on the way.
            #expect(seen.contentType == "image/png")
        }
    }

    /// The size of a record whose JSON has this for it.
    private func size(_ text: String) async throws -> Result<Int64, FerryError> {
        var size: Int64?
        var error: FerryError?
        let body = Array("{\"id\":\"\(fileID)\",\"size\":\(text)}".utf8)
        try await withStub(script: { _, _ in .respond(status: 200, body: body) }) { (ferry, _) async throws in
            error = await ferryError { size = try await ferry.files.get(fileID).size }
        }
        return error.map { .failure($0) } ?? .success(size ?? -1)
    }

    @Test(arguments: [("1e3", 1000), ("1.0", 1), ("1000", 1000), ("-0", 0)])
    func `row 53: whole numbers count however they are written`(text: String, value: Int64) async throws {
        #expect(try await size(text).get() == value)
        let read = try JSONValue(parsing: Array("{\"size\":\(text)}".utf8))
        #expect(try PartialFile(json: read).size == value)
    }

    @Test(arguments: ["\"1\"", "NaN", "null", "1.5", "1e400", "9223372036854775808", "[1]"])
    func `row 54: what is no whole number is refused and null is not known`(text: String) async throws {
        switch try await size(text) {
        case .success(let size): #expect(text == "null" && size == 0)
        case .failure(let error): #expect(text != "null" && error.code == .server)
        }
    }

    @Test(arguments: ["gzip", "deflate", "br", "GZIP", "gzip, gzip"], [200, 400])
    func `row 68: a compressed answer is never inflated`(coding: String, status: Int) async throws {
        // What inflates to a thousand times its size need not be real to be refused.
        let script: StubServer.Script = { _, _ in
            .respond(status: status, headers: ["Content-Encoding": coding], body: [UInt8](repeating: 0, count: 1000))
        }
        try await withStub(script: script) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            if status == 200 {
                #expect(error?.code == .limitExceeded)
                #expect(error?.message.contains("decompression limit") == true)
            } else {
                #expect(error?.status == status)
            }
            #expect(server.requests.last?.headers.first(name: "accept-encoding") == "identity")
        }
    }

    @Test(arguments: [1 << 20]) func `row 68: an endless answer is cut off at its limit`(limit: Int) async throws {
        let script: StubServer.Script = { _, _ in
            .chunks(Array(repeating: [UInt8](repeating: 0x20, count: 64 << 10), count: 64))
        }
        try await withStub(change: { $0.limits.maximumAnswerSize = limit }, script: script) { (ferry, _) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .limitExceeded)
        }
    }
}

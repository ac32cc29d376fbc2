// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ferry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct CLIFolderWalkTests {
    /// A fresh folder, taken away afterwards with what was made in it.
    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/ferry-walk-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { remove(path) }
        try await body(path)
    }

    private static func remove(_ path: String) {
        guard unlink(path) != 0 else { return }
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(stream)
        }
        rmdir(path)
    }

    private static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(systemWrite(descriptor, text, text.utf8.count) == text.utf8.count)
    }

    private static func content(_ root: FolderRoot, _ way: [String]) async throws -> String {
        try await root.withFile(way) { path in
            let bytes = try await LocalInput.bytes(path, upTo: 1000)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func `a part of the way that becomes a link between look and open leads nowhere`() async throws {
        try await Self.withFolder { path in
            for folder in ["tree", "tree/inner", "out"] { mkdir("\(path)/\(folder)", 0o700) }
            try Self.write("ours", to: "\(path)/tree/inner/a.txt")
            try Self.write("secret", to: "\(path)/out/a.txt")
            let root = try await FolderRoot.opening("\(path)/tree")
            var walk = FolderWalk(root)
            let found = try await walk.run()
            #expect(found.files.map(\.way) == [["inner", "a.txt"]])
            #expect(try await Self.content(root, found.files[0].source) == "ours")

            rename("\(path)/tree/inner", "\(path)/moved")
            symlink("\(path)/out", "\(path)/tree/inner")
            await #expect(throws: CommandFailure.self) { try await Self.content(root, found.files[0].source) }

            unlink("\(path)/tree/inner")
            mkdir("\(path)/tree/inner", 0o700)
            symlink("\(path)/out/a.txt", "\(path)/tree/inner/a.txt")
            await #expect(throws: CommandFailure.self) { try await Self.content(root, found.files[0].source) }
        }
    }

    @Test func `a file that was opened stays itself, whatever takes its name`() async throws {
        try await Self.withFolder { path in
            try Self.write("first", to: "\(path)/a.txt")
            let root = try await FolderRoot.opening(path)
            let read = try await root.withFile(["a.txt"]) { opened in
                unlink("\(path)/a.txt")
                symlink("/etc/passwd", "\(path)/a.txt")
                let bytes = try await LocalInput.bytes(opened, upTo: 1000)
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(read == "first")
        }
    }

    @Test func `a walk ends at its limit`() async throws {
        try await Self.withFolder { path in
            for index in 0..<5 { try Self.write("", to: "\(path)/\(index)") }
            let root = try await FolderRoot.opening(path)
            var whole = FolderWalk(root, upTo: 5)
            #expect(try await whole.run().files.count == 5)
            var cut = FolderWalk(root, upTo: 4)
            await #expect(throws: CommandFailure.self) { try await cut.run() }
        }
    }

    @Test func `a link to the folder itself does not go round`() async throws {
        try await Self.withFolder { path in
            symlink(path, "\(path)/round")
            symlink("round", "\(path)/again")
            try Self.write("x", to: "\(path)/x")
            let root = try await FolderRoot.opening(path)
            var walk = FolderWalk(root)
            let found = try await walk.run()
            #expect(found.files.map(\.way) == [["x"]])
            #expect(found.refusals.count == 2)
        }
    }

    @Test func `the way in a folder is the storage path`() {
        #expect(UploadItems.storagePath(nil, folder: "photos", way: ["a.txt"]) == "/photos")
        #expect(UploadItems.storagePath(nil, folder: "x/photos/", way: ["b", "c", "a.txt"]) == "/photos/b/c")
        #expect(UploadItems.storagePath("in//to/", folder: "../photos", way: ["a.txt"]) == "/in/to/photos")
        #expect(UploadItems.storagePath(nil, folder: ".", way: ["a.txt"]) == nil)
        #expect(UploadItems.storagePath("/p", folder: "..", way: ["b", "a.txt"]) == "/p/b")
        #expect(UploadItems.storagePath(nil, folder: "/", way: ["a.txt"]) == nil)
    }
}

/// `write`, by a name that does not clash with methods.
private func systemWrite(_ descriptor: CInt, _ text: String, _ count: Int) -> Int { write(descriptor, text, count) }

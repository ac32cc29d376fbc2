// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

struct StoragePathTests {
    @Test(arguments: [
        ("", ""), ("/", "/"), ("//", "/"), ("/a//b/", "/a/b"), ("a/b", "a/b"), ("/a/./b/.", "/a/b"), (".", ""),
        ("/custom/path", "/custom/path"), ("/ré €/\u{1F600}", "/ré €/\u{1F600}"), ("/a b/...", "/a b/..."),
        ("/..a/b..", "/..a/b.."), ("/a/\u{338}b", "/a/\u{338}b"), ("/%2e%2e/x", "/%2e%2e/x"),
    ])
    func `a path has one form`(path: String, expected: String) throws {
        let normalized = try StoragePath.normalized(path)
        #expect(Array(normalized.utf8) == Array(expected.utf8))
        #expect(try StoragePath.normalized(normalized) == normalized)
    }

    @Test(arguments: ["..", "/..", "/a/../b", "a/..", "/a\0b", "a\nb", "/\u{7F}", String(repeating: "a", count: 1025)])
    func `a path that leads out or holds what it must not is refused`(path: String) throws {
        #expect(throws: StoragePath.Refusal.self) { try StoragePath.normalized(path) }
    }

    @Test func `the longest path is accepted`() throws {
        let path = "/" + String(repeating: "a", count: 1023)
        #expect(try StoragePath.normalized(path) == path)
    }
}

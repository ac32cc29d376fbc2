// SPDX-License-Identifier: Apache-2.0

import FerryApp
import Foundation
import Testing

@testable import subtitle_shift

@Suite struct SubtitleShiftTests {
    private static let film = """
        1
        00:00:01,000 --> 00:00:02,500
        Hello --> world

        2
        00:59:59,900 --> 01:00:01,000 X1:40
        Goodbye

        """

    /// Runs the app as a server does, without one.
    private func shift(_ text: String, by seconds: Double, stretch: Double = 1) async throws -> (String, Int, Int) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let out = folder.appendingPathComponent("out")
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appendingPathComponent("film.srt")
        try Data(text.utf8).write(to: source)
        var app = SubtitleShift()
        try await app.setup(SubtitleShift.Setup(), context: SetupContext())
        let input = SubtitleShift.Input {
            $0.subtitles = File(path: source.path)
            $0.seconds = seconds
            $0.stretch = stretch
        }
        let output = try await app.run(
            input, context: TaskContext(taskID: "t", workDirectory: folder.path, outputDirectory: out.path))
        let path = try await output.subtitles.localPath()
        return (try String(contentsOfFile: path, encoding: .utf8), output.count, output.clipped)
    }

    @Test func `times move and everything else stays`() async throws {
        let (text, count, clipped) = try await shift(Self.film, by: 2.25)
        #expect(
            text
                == Self.film.replacing("00:00:01,000 --> 00:00:02,500", with: "00:00:03,250 --> 00:00:04,750")
                .replacing("00:59:59,900 --> 01:00:01,000", with: "01:00:02,150 --> 01:00:03,250"))
        #expect(count == 2 && clipped == 0)
    }

    @Test func `nothing begins before zero`() async throws {
        let (text, _, clipped) = try await shift(Self.film, by: -2)
        #expect(text.contains("00:00:00,000 --> 00:00:00,500"))
        #expect(clipped == 1)
    }

    @Test func `WebVTT and line ends are kept`() async throws {
        let (text, _, _) = try await shift("WEBVTT\r\n\r\n00:01.000 --> 00:02.000 line:0\r\nHi\r\n", by: 1, stretch: 2)
        #expect(text == "WEBVTT\r\n\r\n00:00:03.000 --> 00:00:05.000 line:0\r\nHi\r\n")
    }

    @Test func `a text without times is refused`() async {
        await #expect(throws: AppFailure.self) { try await shift("no subtitles", by: 1) }
    }
}

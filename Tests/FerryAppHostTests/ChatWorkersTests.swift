// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct ChatWorkersTests {
    @Test(.timeLimit(.minutes(2))) func `fifty chats wait for their answers while an ordinary task runs and ends`()
        async throws
    {
        // A chat's worker waits for a file, as it would for a network; an ordinary task finds none to wait for.
        let script = #"""
            greet
            while :; do
                case $task in chat*) touch "$home/at-$task"; while [ ! -e "$home/answer" ]; do sleep 0.05; done ;; esac
                reply result '"output":{}'
                again
            done
            """#
        var limits = ScriptedHost.quick
        limits.maximumWorkers = 1
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            try await withThrowingTaskGroup(of: Void.self) { chats in
                for number in 1...50 {
                    chats.addTask { _ = try await host.run("chat\(number)") { $0.isChat = true } }
                }
                _ = try await eventually(seconds: 60) {
                    let names = (try? FileManager.default.contentsOfDirectory(atPath: host.folder)) ?? []
                    return names.count { $0.hasPrefix("at-") } == 50 ? true : nil
                }
                #expect(try await host.run("plain") == [:])
                _ = FileManager.default.createFile(atPath: host.folder + "/answer", contents: nil)
                try await chats.waitForAll()
            }
            // A few are kept; the others end.
            let kept = limits.maximumIdleChatWorkers + limits.maximumWorkers
            _ = try await eventually { host.leftovers.count <= kept ? true : nil }
        }
    }
}

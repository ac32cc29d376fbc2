// SPDX-License-Identifier: Apache-2.0

import FerryApp

/// Gives the calls of tools in a chat ids and names that strict servers take: one that a model once got wrong would else
/// have every later request of the chat refused. Pure.
struct CallNames: Sendable {
    /// Most characters of a name.
    private static let maximumName = 64

    /// Names of the tools of this request, which stay as they are: the server judges them there.
    private let offered: Set<String>
    private var used: Set<String> = []
    /// How often an id was wanted that was used already.
    private var repeats: [String: Int] = [:]
    /// Calls without a result: the id that the chat has for one, and that of the request. Those of the latest message first.
    private var open: [(chat: String, request: String)] = []

    init(offered: Set<String>) { self.offered = offered }

    /// The calls of one message, with ids that no call before them has.
    mutating func called(_ calls: [LLMToolCall]) -> [LLMToolCall] {
        var changed = calls
        for place in changed.indices {
            changed[place].id = unused(calls[place].id)
            changed[place].function.name = name(calls[place].function.name)
        }
        open = zip(calls, changed).map { ($0.id, $1.id) } + open
        return changed
    }

    /// The id that the request has for the call that a result answers. Results of calls of the same id come in the order
    /// of the calls.
    mutating func answered(_ id: String) -> String {
        guard let place = open.firstIndex(where: { $0.chat == id }) else { return id }
        return open.remove(at: place).request
    }

    private mutating func unused(_ id: String) -> String {
        let wanted = id.utf8.isEmpty ? "call" : id
        var candidate = wanted
        while !used.insert(candidate).inserted {
            let count = repeats[wanted, default: 1] + 1
            repeats[wanted] = count
            candidate = "\(wanted)_\(count)"
        }
        return candidate
    }

    private func name(_ name: String) -> String {
        if offered.contains(name) { return name }
        var allowed = ""
        for scalar in name.unicodeScalars.prefix(Self.maximumName) {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-": allowed.unicodeScalars.append(scalar)
            default: allowed.append("_")
            }
        }
        return allowed.isEmpty ? "_" : allowed
    }
}

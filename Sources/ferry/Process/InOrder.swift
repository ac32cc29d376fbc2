// SPDX-License-Identifier: Apache-2.0

/// Works on several items at once and takes what comes of them in their order.
///
/// The first failure cancels the work under way and is thrown, after the items that were done by then have been taken.
///
/// - Parameters:
///   - width: most items worked on at once.
///   - work: what is done with an item.
///   - take: called with each success, in the items' order.
func inOrder<Item: Sendable, Success: Sendable>(
    _ items: [Item], width: Int, work: @escaping @Sendable (Int, Item) async throws -> Success,
    take: (Success) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: (Int, Success).self) { group in
        var waiting = items.enumerated().makeIterator()
        func addNext() {
            guard let (index, item) = waiting.next() else { return }
            group.addTask { (index, try await work(index, item)) }
        }
        for _ in 0..<max(1, width) { addNext() }
        var done: [Int: Success] = [:]
        var next = 0
        do {
            while let (index, success) = try await group.next() {
                done[index] = success
                addNext()
                while let success = done.removeValue(forKey: next) {
                    next += 1
                    try await take(success)
                }
            }
        } catch {
            group.cancelAll()
            for (_, success) in done.sorted(by: { $0.key < $1.key }) { try await take(success) }
            throw error
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The results of a body for each element, in the elements' order, at most `limit` bodies at once. The first error
/// cancels the others, and is thrown when all have ended.
func mapConcurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], limit: Int, _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    if elements.count < 2 || limit < 2 {
        var results: [Result] = []
        for element in elements { results.append(try await body(element)) }
        return results
    }
    return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: elements.count)
        for (index, element) in elements.enumerated() {
            if index >= limit, let (done, result) = try await group.next() { results[done] = result }
            group.addTask {
                let result = try await body(element)
                return (index, result)
            }
        }
        while let (done, result) = try await group.next() { results[done] = result }
        return results.compactMap(\.self)
    }
}

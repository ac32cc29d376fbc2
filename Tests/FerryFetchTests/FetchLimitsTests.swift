// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import Testing

@Suite struct FetchLimitsTests {
    @Test func `a body has at most 10 GiB by default`() {
        #expect(FetchLimits().maximumSize == 10 << 30)
    }
}

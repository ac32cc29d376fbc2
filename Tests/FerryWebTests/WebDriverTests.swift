// SPDX-License-Identifier: Apache-2.0

import FerryWeb
import Testing

@Suite struct WebDriverTests {
    @Test func `a driver can be made`() { _ = WebDriver() }
}

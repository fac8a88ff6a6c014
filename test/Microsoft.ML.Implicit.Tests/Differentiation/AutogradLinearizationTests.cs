using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Roots;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Differentiation;

[TestClass]
public sealed class AutogradLinearizationTests
{
    [TestMethod]
    public void Products_leave_nothing_behind_the_scope_that_it_was_made_in()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            Tensor state = tensor(new[] { 1.0, 2, 3 }).unsqueeze(0), direction = ones_like(state);
            var linearization = AutogradLinearization.Create(new RootEquation((z, _) => z * z * z), state, []);
            using (NewDisposeScope())
            {
                Assert.IsTrue(linearization.ApplyTransposed(direction).allclose(3 * state * state));
            }

            Assert.IsTrue(linearization.Apply(direction).allclose(3 * state * state));
            using (NewDisposeScope())
            {
                Assert.IsTrue(linearization.Apply(2 * direction).allclose(6 * state * state));
            }
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}

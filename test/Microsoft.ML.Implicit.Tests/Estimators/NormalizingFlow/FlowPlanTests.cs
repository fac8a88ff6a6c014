using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

[TestClass]
public sealed class FlowPlanTests
{
    [TestMethod]
    public void Many_rows_in_the_plane_get_a_larger_network_and_less_smoothing_and_penalty()
    {
        FlowPlan few = FlowPlan.Create(new NormalizingFlowOptions(), rows: 500, dimension: 30);
        FlowPlan many = FlowPlan.Create(new NormalizingFlowOptions(), rows: 20_000, dimension: 2);
        Assert.AreEqual(64, few.HiddenWidth);
        Assert.AreEqual(128, many.HiddenWidth);
        Assert.AreEqual(0.05 * Math.Pow(20_000, -1.0 / 6), many.Smoothing, 1e-12);
        Assert.AreEqual(0.01, few.KineticPenalty);
        Assert.IsLessThan(0.001, many.JacobianPenalty);
        Assert.IsGreaterThan(few.Training.Steps, many.Training.Steps);
    }

    [TestMethod]
    public void A_choice_that_the_options_make_stands()
    {
        var options = new NormalizingFlowOptions { HiddenWidth = 32, Smoothing = 0, KineticPenalty = 0.5, JacobianPenalty = 0 };
        FlowPlan plan = FlowPlan.Create(options, rows: 20_000, dimension: 2);
        Assert.AreEqual((32, 0.0, 0.5, 0.0), (plan.HiddenWidth, plan.Smoothing, plan.KineticPenalty, plan.JacobianPenalty));
    }
}

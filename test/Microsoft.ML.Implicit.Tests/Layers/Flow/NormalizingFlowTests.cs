using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Flow.Managed;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

[TestClass]
public sealed class NormalizingFlowTests
{
    [TestMethod]
    [DataRow(FlowTimeConditioning.Concatenate)]
    [DataRow(FlowTimeConditioning.ConcatSquash)]
    public void The_closed_form_of_the_trace_is_the_sum_over_unit_vectors(FlowTimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        foreach (long[] widths in (long[][])[[7], [7, 5]])
        {
            var dynamics = new FlowDynamics(3, widths, seed, time: time);
            dynamics.to(ScalarType.Float64);
            Tensor x = randn([6, 3], ScalarType.Float64, generator: seed);
            Tensor closed = new NormalizingFlow(dynamics).LogDensity(x);
            Tensor byUnitVectors = new NormalizingFlow([new Opaque(dynamics)], 3).LogDensity(x);
            Assert.IsLessThan(1e-10, (closed - byUnitVectors).abs().max().item<double>());
        }
    }

    [TestMethod]
    [DataRow(TimeConditioning.None)]
    [DataRow(TimeConditioning.Concatenate)]
    public void Perceptrons_of_any_depth_and_use_of_time_have_closed_forms(TimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(4);
        var solver = new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.5) };
        var options = new FlowOptions { Solver = solver, Trace = TraceEstimator.Exact, KineticPenalty = 0.3, JacobianPenalty = 0 };
        foreach (long[] widths in (long[][])[[], [7], [7, 5], [7, 5, 4]])
        {
            var dynamics = new MlpDynamics(3, widths, seed, time: time);
            dynamics.to(ScalarType.Float64);
            Tensor x = randn([6, 3], ScalarType.Float64, generator: seed);
            Tensor[] closed = Train(new NormalizingFlow(dynamics, options));
            Tensor[] automatic = Train(new NormalizingFlow([new Opaque(dynamics)], 3, options));
            for (int i = 0; i < closed.Length; i++)
            {
                Assert.IsLessThan(1e-10, (closed[i] - automatic[i]).abs().max().item<double>(), $"{widths.Length} hidden layers, {i}");
            }

            Tensor[] Train(NormalizingFlow flow)
            {
                flow.zero_grad();
                flow.Backward(x, seed);
                return [flow.LogDensity(x), .. flow.parameters().Select(parameter => parameter.grad!.clone())];
            }
        }
    }

    [TestMethod]
    public void Implicit_methods_carry_modules_and_perceptrons_alike()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(6);
        var options = new FlowOptions { Solver = new OdeOptions { Method = OdeMethods.Kvaerno3, StepControl = new FixedStepControl(0.25) } };
        var dynamics = new FlowDynamics(2, [5], seed);
        dynamics.to(ScalarType.Float64);
        Tensor x = randn([4, 2], ScalarType.Float64, generator: seed);
        Tensor closed = new NormalizingFlow(dynamics, options).LogDensity(x);
        Tensor automatic = new NormalizingFlow([new Opaque(dynamics)], 2, options).LogDensity(x);
        Assert.IsLessThan(1e-8, (closed - automatic).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(TimeConditioning.None)]
    [DataRow(TimeConditioning.Concatenate)]
    public void A_few_rows_in_managed_memory_have_the_densities_of_tensor_operations(TimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(5);
        var solver = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-6 } };
        var flow = new NormalizingFlow(new MlpDynamics(2, [9, 6], seed, time: time), new FlowOptions { Solver = solver });
        Tensor x = randn([3, 2], generator: seed);
        using FlowEncoding expected = flow.Encode(x);
        using ManagedPerceptronFlow managed = flow.CreateManaged()!;
        using var rows = new ManagedFlowRows(managed, (ExplicitRungeKutta)solver.Method, (PiStepControl)solver.StepControl, solver.MaximumSteps, 3);
        for (int row = 0; row < 3; row++)
        {
            x[row].data<float>().ToArray().CopyTo(rows.Row(row));
        }

        unsafe
        {
            Assert.IsTrue(rows.Solve(3, null, 0, 1e-6));
        }

        for (int row = 0; row < 3; row++)
        {
            float[] actual = rows.Row(row).ToArray();
            Assert.AreEqual(expected.Latent[row, 0].item<float>(), actual[0], 1e-5f);
            Assert.AreEqual(expected.Latent[row, 1].item<float>(), actual[1], 1e-5f);
            double logBase = -Math.Log(Math.Tau) - (0.5 * ((actual[0] * actual[0]) + (actual[1] * actual[1])));
            Assert.AreEqual(expected.LogDensity[row].item<float>(), logBase + actual[2], 1e-5);
        }
    }

    [TestMethod]
    [DataRow(TraceEstimator.Rademacher)]
    [DataRow(TraceEstimator.Gaussian)]
    public void Hutchinsons_estimate_is_unbiased(TraceEstimator estimator)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(2);
        var options = new FlowOptions
        {
            Trace = estimator,
            KineticPenalty = 0,
            JacobianPenalty = 0,
            Solver = new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.25) },
        };
        var dynamics = new FlowDynamics(3, [8, 8], seed);
        Tensor x = randn(1, 3, generator: seed).expand(500, 3).contiguous();
        double exact = -new NormalizingFlow(dynamics, options with { Trace = TraceEstimator.Exact }).Backward(x, seed).Loss;
        var flow = new NormalizingFlow(dynamics, options);
        double[] estimates = [.. Enumerable.Range(0, 20).Select(_ => -flow.Backward(x, seed).Loss)];
        double mean = estimates.Average();
        double error = Math.Sqrt(estimates.Sum(e => (e - mean) * (e - mean)) / (19 * 20));
        Assert.IsLessThan(4 * error, Math.Abs(mean - exact));
        Assert.IsGreaterThan(0, error);
    }

    [TestMethod]
    public void A_density_of_one_dimension_integrates_to_one()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(3);
        NormalizingFlow flow = Wild(1, seed);
        Tensor x = linspace(-12, 12, 4001, ScalarType.Float64).unsqueeze(1);
        Assert.AreEqual(1.0, flow.LogDensity(x).exp().sum().item<double>() * 24 / 4000, 1e-4);
    }

    [TestMethod]
    public void A_density_of_two_dimensions_integrates_to_one()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(4);
        NormalizingFlow flow = Wild(2, seed);
        Tensor axis = linspace(-10, 10, 161, ScalarType.Float64);
        double total = flow.LogDensity(cartesian_prod(axis, axis)).exp().sum().item<double>() * Math.Pow(20.0 / 160, 2);
        Assert.AreEqual(1.0, total, 1e-3);
    }

    [TestMethod]
    [DataRow(FlowNormalizationKind.None)]
    [DataRow(FlowNormalizationKind.Affine)]
    [DataRow(FlowNormalizationKind.MovingBatch)]
    public void Decoding_undoes_encoding_through_stacked_blocks(FlowNormalizationKind normalization)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(5);
        var flow = new NormalizingFlow([new FlowDynamics(2, [8], seed), new FlowDynamics(2, [8], seed), new FlowDynamics(2, [8], seed)], 2, normalization: normalization);
        Tensor x = randn(50, 2, generator: seed) * 2 + 3;
        flow.Backward(x, seed);
        foreach (TorchSharp.Modules.Parameter parameter in flow.parameters())
        {
            using IDisposable noGrad = no_grad();
            parameter.add_(randn(parameter.shape, generator: seed), alpha: 0.2);
        }

        flow.to(ScalarType.Float64);
        flow.eval();
        Tensor data = x.to(ScalarType.Float64);
        Assert.IsLessThan(1e-3, (flow.Decode(flow.Encode(data).Latent) - data).abs().max().item<double>());
    }

    [TestMethod]
    public void Moving_batch_statistics_make_the_density_follow_the_data()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(6);
        var blocks = new FlowDynamics[] { new(1, [4], seed), new(1, [4], seed) };
        foreach (FlowDynamics block in blocks)
        {
            block.ClearOutput();
        }

        var flow = new NormalizingFlow(blocks, 1, normalization: FlowNormalizationKind.MovingBatch);
        Tensor x = randn(1000, 1, generator: seed) * 4 + 10;
        for (int i = 0; i < 100; i++)
        {
            flow.Backward(x, seed);
        }

        flow.eval();
        double expected = -0.5 * (1 + Math.Log(2 * Math.PI)) - Math.Log(4);
        Assert.AreEqual(expected, flow.LogDensity(x).mean().ToDouble(), 0.05);
    }

    [TestMethod]
    public void Sampling_is_reproducible_by_seed()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(7);
        NormalizingFlow flow = Wild(2, seed);
        Tensor Sample(ulong value)
        {
            using var generator = new Generator(value);
            return flow.Sample(10, generator);
        }

        Assert.IsTrue(Sample(1).allclose(Sample(1), 0, 0));
        Assert.IsFalse(Sample(1).allclose(Sample(2)));
    }

    [TestMethod]
    public void A_tighter_tolerance_gives_a_more_accurate_density()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(8);
        NormalizingFlow flow = Wild(2, seed);
        Tensor x = randn([50, 2], ScalarType.Float64, generator: seed);
        Tensor reference = flow.LogDensity(x, solver: Tolerance(1e-11));
        double Error(double tolerance) => (flow.LogDensity(x, solver: Tolerance(tolerance)) - reference).abs().max().item<double>();
        Assert.IsLessThan(2e-3, Error(1e-5));
        Assert.IsLessThan(2e-6, Error(1e-8));
    }

    [TestMethod]
    public void A_training_step_leaves_no_tensor_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(9);
        NormalizingFlow flow = Wild(2, seed);
        Tensor x = randn([20, 2], ScalarType.Float64, generator: seed);
        flow.Backward(x, seed).LossTensor.Dispose();
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        flow.Backward(x, seed).LossTensor.Dispose();
        flow.LogDensity(x).Dispose();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Rows_of_another_width_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(10);
        var flow = new NormalizingFlow(new FlowDynamics(2, [4], seed));
        Assert.ThrowsExactly<ArgumentException>(() => flow.LogDensity(zeros(3, 3)));
    }

    [TestMethod]
    public void A_row_that_is_not_finite_is_named()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(11);
        var flow = new NormalizingFlow(new FlowDynamics(1, [4], seed));
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => flow.LogDensity(tensor([0f, float.NaN], [2, 1])));
        StringAssert.Contains(exception.Message, "Row 1", StringComparison.Ordinal);
    }

    private static OdeOptions Tolerance(double tolerance) => new() { StepControl = new PiStepControl { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance } };

    // A flow far from the identity, in float64.
    private static NormalizingFlow Wild(long dimension, Generator seed)
    {
        var flow = new NormalizingFlow(new FlowDynamics(dimension, [16, 16], seed));
        flow.to(ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in flow.parameters())
        {
            parameter.mul_(2.5);
        }

        return flow;
    }

    private sealed class Opaque : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly PerceptronDynamics _dynamics;

        public Opaque(PerceptronDynamics dynamics)
            : base(nameof(Opaque))
        {
            _dynamics = dynamics;
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => _dynamics.forward(time, state);
    }
}

using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>Rows that share adaptive steps, some of which end at a pole: dz/dt = rate z² has one at 1 / (rate z₀).</summary>
[TestClass]
public sealed class FailedRowTests
{
    private static readonly double[] Starts = [0.2, 1.25, -1, 1, -0.5, 0.1];
    private static readonly double[] Times = [0, 0.5, 0.9, 2];

    public static IEnumerable<object[]> Methods =>
    [
        [OdeMethods.Tsit5], [OdeMethods.Dopri5], [OdeMethods.Dopri8], [OdeMethods.Bosh3], [OdeMethods.Kvaerno3], [OdeMethods.Kvaerno5],
    ];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Rows_go_on_without_those_that_end_at_a_pole(OdeMethod method)
    {
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor start = tensor(Starts, type).unsqueeze(1);
            var options = new OdeOptions { Method = method, StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 } };
            using OdeSolution solution = OdeSolver.Solve(new FunctionTerm((_, z) => z.square()), start, Times, options);
            AssertSolved(solution, type, 1e-2);
        }
    }

    [TestMethod]
    public void A_row_whose_dynamics_turn_to_NaN_ends_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor end = tensor(new[,] { { 5.0 }, { 1.5 }, { 0.25 } });
        var term = new FunctionTerm((t, z) => where(end.lt(t), z * double.NaN, -z));
        using OdeSolution solution = OdeSolver.Solve(term, ones(3, 1, ScalarType.Float64), [0, 1, 2]);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.Diverged, SolveStatus.Diverged }, solution.Status.ToArray());
        Assert.AreEqual(1, solution.ReachedTimes);
        Assert.AreEqual(Math.Exp(-2), solution.States[2, 0, 0].item<double>(), 1e-5);
        Assert.AreEqual(Math.Exp(-1), solution.States[1, 1, 0].item<double>(), 1e-5);
        Assert.IsTrue(solution.States[2, 1].isnan().item<bool>());
        Assert.IsTrue(solution.States[1, 2].isnan().item<bool>());
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => OdeSolver.Solve(term, ones(3, 1, ScalarType.Float64), [0, 1, 2], new OdeOptions { ThrowOnFailure = true }));
        StringAssert.Contains(failure.Message, "2 of 3 rows failed: 1, 2.");
        StringAssert.Contains(failure.Message, "up to time 1.4999999");
    }

    [TestMethod]
    public void A_row_that_overflows_in_managed_memory_ends_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using var generator = new Generator(8);
        var dynamics = new MlpDynamics(1, [], generator);
        dynamics.Weights[0].fill_(10f);
        dynamics.Biases[0].zero_();
        Tensor start = ones(20, 1);
        start[7, 0] = tensor(1e38f);
        using OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 1]);
        for (int row = 0; row < 20; row++)
        {
            Assert.AreEqual(row == 7 ? SolveStatus.Diverged : SolveStatus.Converged, solution.Status[row]);
            Assert.AreEqual(row == 7 ? double.NaN : 1, solution.States[1, row, 0].item<float>() / Math.Exp(10), 1e-3);
        }
    }

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint, 0.1)]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint, null)]
    [DataRow(OdeGradientMethod.Backpropagation, null)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint, null)]
    public void Gradients_of_the_others_are_right_and_those_of_failed_rows_zero(OdeGradientMethod gradientMethod, double? fixedStep)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rate = ones(1, ScalarType.Float64).requires_grad_();
        Tensor start = tensor(Starts, ScalarType.Float64).unsqueeze(1);
        var options = new OdeOptions
        {
            Method = OdeMethods.Dopri5,
            StepControl = fixedStep is { } size ? new FixedStepControl(size / 40) : new PiStepControl { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 },
            GradientMethod = gradientMethod,
            MaximumCheckpoints = 5,
        };
        using OdeSolution solution = OdeSolver.Solve(new Growth(rate), start, Times, options, differentiable: true);
        bool[] goesOn = [.. Starts.Select(z => z * Times[^1] < 1)];
        CollectionAssert.AreEqual(goesOn, solution.Status.Select(status => status == SolveStatus.Converged).ToArray());
        Tensor cotangents = zeros_like(solution.States);
        double[] initial = new double[Starts.Length];
        double parameter = 0;
        for (int row = 0; row < Starts.Length; row++)
        {
            for (int k = 0; goesOn[row] && k < Times.Length; k++)
            {
                // z = z₀ / (1 - rate z₀ t).
                double weight = row + k + 1, left = 1 - (Starts[row] * Times[k]);
                cotangents[k, row] = weight;
                initial[row] += weight / (left * left);
                parameter += weight * Starts[row] * Starts[row] * Times[k] / (left * left);
            }
        }

        using OdeGradients gradients = solution.Backward(cotangents);
        for (int row = 0; row < Starts.Length; row++)
        {
            Assert.AreEqual(initial[row], gradients.InitialState[row, 0].item<double>(), 1e-4 * (1 + Math.Abs(initial[row])));
        }

        Assert.AreEqual(parameter, gradients.Parameters[0].item<double>(), 1e-4 * Math.Abs(parameter));
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => solution.Backward(ones_like(cotangents)));
        Assert.AreEqual(1, failure.Row);
    }

    [TestMethod]
    public void A_layer_differentiates_twice_what_is_left_of_a_batch()
    {
        using DisposeScope scope = NewDisposeScope();
        var layer = new NeuralOde(new Square(), new OdeOptions { ThrowOnFailure = false, StepControl = new PiStepControl { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 } });
        Tensor start = tensor(Starts, ScalarType.Float64).unsqueeze(1).requires_grad_();
        Tensor ends = layer.forward(start, tensor(Times))[^1];
        Tensor solved = where(ends.isfinite(), ends, zeros_like(ends));
        Tensor slope = zeros(0), curvature = zeros(0);
        ImplicitBackward.Run(() => slope = autograd.grad([solved.sum()], [start], create_graph: true)[0]);
        ImplicitBackward.Run(() => curvature = autograd.grad([slope.sum()], [start])[0]);
        for (int row = 0; row < Starts.Length; row++)
        {
            double left = 1 - (Starts[row] * Times[^1]);
            Assert.AreEqual(left > 0 ? 1 / (left * left) : 0, slope[row, 0].item<double>(), 1e-4);
            Assert.AreEqual(left > 0 ? 2 * Times[^1] / (left * left * left) : 0, curvature[row, 0].item<double>(), 1e-3);
        }
    }

    [TestMethod]
    [DataRow(false, OdeGradientMethod.CheckpointedAdjoint, null)]
    [DataRow(false, OdeGradientMethod.Backpropagation, null)]
    [DataRow(false, OdeGradientMethod.BacksolveAdjoint, null)]
    [DataRow(false, OdeGradientMethod.CheckpointedAdjoint, 0.01)]
    [DataRow(true, OdeGradientMethod.CheckpointedAdjoint, null)]
    [DataRow(true, OdeGradientMethod.CheckpointedAdjoint, 0.01)]
    public void A_layer_differentiates_times_that_were_reached_and_rows_that_were_solved(bool hasRowTimes, OdeGradientMethod gradientMethod, double? fixedStep)
    {
        using DisposeScope scope = NewDisposeScope();
        var rate = new TorchSharp.Modules.Parameter(ones(1, ScalarType.Float64));
        var layer = new NeuralOde(new LearnedGrowth(rate), new OdeOptions
        {
            ThrowOnFailure = false,
            GradientMethod = gradientMethod,
            MaximumCheckpoints = 50,
            StepControl = fixedStep is { } size ? new FixedStepControl(size) : new PiStepControl { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 },
        });
        double[] starts = [0.2, 1.25, double.NaN, 1, -0.5];
        Tensor start = tensor(starts, ScalarType.Float64).unsqueeze(1).requires_grad_();
        Tensor times = hasRowTimes ? tensor(Times).expand(starts.Length, -1).clone() : tensor(Times);
        times.requires_grad_();
        Tensor states = layer.forward(start, times);

        // Row 1 ends at 0.8, row 3 at 1, row 2 never began.
        AssertGradients([(0, 3), (4, 3), (4, 1)]);
        AssertGradients([(0, 1), (1, 1), (3, 1), (4, 1)]);
        AssertGradients([(4, 0)]);
        if (hasRowTimes)
        {
            AssertGradients([(0, 3), (1, 1), (3, 1)]);
        }

        foreach ((int row, int time) in ((int, int)[])[(1, 2), (3, 3), (2, 1)])
        {
            SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => ImplicitBackward.Run(() => states[time, row].sum().backward(retain_graph: true)));
            Assert.AreEqual(row, failure.Row);
        }

        void AssertGradients((int Row, int Time)[] asked)
        {
            IList<Tensor> gradients = [], second = [];
            Tensor loss = asked.Select(at => states[at.Time, at.Row].sum()).Aggregate((a, b) => a + b);
            ImplicitBackward.Run(() => gradients = autograd.grad([loss], [start, rate, times], retain_graph: true));
            ImplicitBackward.Run(() => second = autograd.grad([loss], [start, rate, times], retain_graph: true, create_graph: true));
            double parameter = 0;
            double[] initial = new double[starts.Length], time = new double[Times.Length];
            foreach ((int row, int k) in asked)
            {
                // z = z₀ / (1 - rate z₀ t).
                double left = 1 - (starts[row] * Times[k]);
                initial[row] += 1 / (left * left);
                parameter += starts[row] * starts[row] * Times[k] / (left * left);
                time[k] += k > 0 ? starts[row] * starts[row] / (left * left) : 0;
                time[0] -= k > 0 ? starts[row] * starts[row] / (left * left) : 0;
            }

            foreach (IList<Tensor> found in (IList<Tensor>[])[gradients, second])
            {
                CollectionAssert.AreEqual(Rounded(initial), Rounded(found[0].detach().flatten().data<double>()), $"{string.Join(", ", asked)}: {string.Join(", ", found[0].detach().flatten().data<double>())}");
                Assert.AreEqual(parameter, found[1].item<double>(), 1e-3);
                Tensor ofTimes = hasRowTimes ? found[2].detach().sum([0]) : found[2].detach();
                CollectionAssert.AreEqual(Rounded(time), Rounded(ofTimes.data<double>()), $"{string.Join(", ", asked)}: {string.Join(", ", ofTimes.data<double>())}");
            }
        }
    }

    private static double[] Rounded(IEnumerable<double> values) => [.. values.Select(value => Math.Round(value, 2) + 0.0)];

    private static void AssertSolved(OdeSolution solution, ScalarType type, double tolerance)
    {
        Tensor states = solution.States.to(ScalarType.Float64);
        for (int row = 0; row < Starts.Length; row++)
        {
            double pole = Starts[row] > 0 ? 1 / Starts[row] : double.PositiveInfinity;
            Assert.AreEqual(pole > Times[^1], solution.Status[row] == SolveStatus.Converged, $"{type}, row {row}: {solution.Status[row]}");
            for (int k = 0; k < Times.Length; k++)
            {
                double state = states[k, row, 0].item<double>();
                Assert.AreEqual(Times[k] < pole ? Starts[row] / (1 - (Starts[row] * Times[k])) : double.NaN, state, tolerance, $"{type}, row {row}, time {Times[k]}");
            }
        }
    }

    private sealed class Square() : nn.Module<Tensor, Tensor, Tensor>("square")
    {
        public override Tensor forward(Tensor time, Tensor state) => state * state;
    }

    private sealed class LearnedGrowth : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter _rate;

        public LearnedGrowth(TorchSharp.Modules.Parameter rate)
            : base("growth")
        {
            _rate = rate;
            register_parameter("rate", rate);
        }

        public override Tensor forward(Tensor time, Tensor state) => _rate * state * state;
    }

    /// <summary>rate z².</summary>
    private sealed class Growth(Tensor rate) : IDifferentiableOdeTerm
    {
        public IReadOnlyList<Tensor> Parameters => [rate];

        public Tensor Evaluate(double time, Tensor state) => rate * state * state;

        public OdeLinearization Linearize(double time, Tensor state) => AutogradOdeLinearization.Create(this, time, state);
    }
}

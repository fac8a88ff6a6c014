using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Paths;

/// <summary>Paths through observations: what they interpolate, what they look at, and what they do where something was not observed.</summary>
[TestClass]
public sealed class PiecewisePathTests
{
    private static readonly double[] Knots = [0, 0.3, 1, 1.4, 2.5, 3];

    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    public static IEnumerable<object[]> Kinds =>
    [
        [nameof(NaturalCubicSpline)],
        [nameof(HermitePath)],
        [nameof(LinearPath)],
    ];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void The_integral_of_the_derivative_from_time_to_time_is_the_change_of_the_values(string kind)
    {
        Tensor values = Random([2, 6, 3]);
        ControlPath path = Create(kind, tensor(Knots), values);
        for (int i = 0; i + 1 < Knots.Length; i++)
        {
            AssertClose(values.select(1, i + 1) - values.select(1, i), Integral(path, Knots[i], Knots[i + 1]), 1e-12);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Channels_that_are_straight_in_time_stay_so_wherever_values_are_missing(string kind)
    {
        Tensor times = tensor(Knots);
        Tensor values = stack([times, times * -2], 1).clone();
        values[2, 0] = double.NaN;
        values[3, 0] = double.NaN;
        values[3, 1] = double.NaN;
        ControlPath path = Create(kind, times, values);
        foreach (double time in (double[])[0.1, 0.7, 1.2, 1.9, 2.9])
        {
            AssertClose(tensor(new[] { 1.0, -2.0 }, [1, 2]), path.Derivative(tensor(new[] { time }), path.Inputs), 1e-12);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Each_channel_is_interpolated_through_its_own_times(string kind)
    {
        // A channel that was observed at some of the times is as if these were all times.
        int[] own = [0, 2, 3, 5];
        Tensor all = Random([6, 1]);
        Tensor partial = full([6, 1], double.NaN, ScalarType.Float64);
        foreach (int i in own)
        {
            partial[i, 0] = all[i, 0];
        }

        ControlPath alone = Create(kind, tensor(own.Select(i => Knots[i]).ToArray()), all[tensor(own.Select(i => (long)i).ToArray())]);
        ControlPath among = Create(kind, tensor(Knots), cat([partial, Random([6, 1])], 1));
        foreach (double time in (double[])[0.1, 0.5, 1.2, 1.6, 2.9])
        {
            // Backward differences are those to the time before, on whose grid they depend.
            if (kind != nameof(HermitePath) || time is > 1 and < 1.4)
            {
                Tensor at = tensor(new[] { time });
                Tensor expected = kind == nameof(HermitePath) ? (all[3, 0] - all[2, 0]) / 0.4 : alone.Derivative(at, alone.Inputs)[0, 0];
                Tensor actual = kind == nameof(HermitePath) ? (Integral(among, 1, 1.4) / 0.4)[0, 0] : among.Derivative(at, among.Inputs)[0, 0];
                Assert.AreEqual(expected.item<double>(), actual.item<double>(), 1e-10);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_channel_is_constant_before_its_first_and_after_its_last_value_and_stands_still_without_any(string kind)
    {
        Tensor values = full([6, 2], double.NaN, ScalarType.Float64);
        values[2, 0] = 3;
        ControlPath path = Create(kind, tensor(Knots), values);
        foreach (double time in (double[])[0.1, 1.2, 2.9])
        {
            AssertClose(zeros([1, 2], ScalarType.Float64), path.Derivative(tensor(new[] { time }), path.Inputs), 1e-13);
        }
    }

    [TestMethod]
    public void Hermite_and_linear_paths_look_at_nothing_after_the_end_of_a_piece()
    {
        Tensor values = Random([6, 2]), changed = values.clone();
        changed[4] += 5;
        foreach (string kind in new[] { nameof(HermitePath), nameof(LinearPath) })
        {
            ControlPath before = Create(kind, tensor(Knots), values), after = Create(kind, tensor(Knots), changed);
            foreach (double time in (double[])[0.1, 0.9, 1.39])
            {
                AssertClose(before.Derivative(tensor(new[] { time }), before.Inputs), after.Derivative(tensor(new[] { time }), after.Inputs), 0);
            }
        }
    }

    [TestMethod]
    public void The_derivative_of_a_hermite_path_is_continuous_and_at_each_time_that_from_the_time_before()
    {
        Tensor values = Random([6, 2]);
        var path = new HermitePath(tensor(Knots), values);
        for (int i = 1; i + 1 < Knots.Length; i++)
        {
            Tensor expected = ((values[i] - values[i - 1]) / (Knots[i] - Knots[i - 1])).unsqueeze(0);
            AssertClose(expected, path.Derivative(tensor(new[] { Knots[i] - 1e-9 }), path.Inputs), 1e-6);
            AssertClose(expected, path.Derivative(tensor(new[] { Knots[i] }), path.Inputs), 1e-12);
        }
    }

    [TestMethod]
    public void A_rectilinear_path_changes_time_first_and_values_then_and_never_looks_ahead()
    {
        Tensor values = Random([6, 2]);
        values[0, 1] = double.NaN;
        values[3, 0] = double.NaN;
        var path = new RectilinearPath(tensor(Knots), values);
        Tensor[] pieces = [.. Enumerable.Range(0, (2 * Knots.Length) - 2).Select(i => Integral(path, i, i + 1)[0])];
        Tensor Value(int place) => pieces.Take(place).Aggregate(zeros_like(pieces[0]), (sum, piece) => sum + piece);
        double first = values[0, 0].item<double>();
        for (int i = 0; i < Knots.Length; i++)
        {
            Assert.AreEqual(Knots[i], Value(2 * i)[0].item<double>(), 1e-12);
            double expected = values[i == 3 ? 2 : i, 0].item<double>();
            Assert.AreEqual(expected - first, Value(2 * i)[1].item<double>(), 1e-12);

            // What comes next is not seen before its time has come.
            if (i + 1 < Knots.Length)
            {
                Assert.AreEqual(Knots[i + 1], Value((2 * i) + 1)[0].item<double>(), 1e-12);
                Assert.AreEqual(expected - first, Value((2 * i) + 1)[1].item<double>(), 1e-12);
            }
        }

        // Nothing is known of a channel before its first value: it begins at 0.
        Assert.AreEqual(values[1, 1].item<double>(), Value(2)[2].item<double>(), 1e-12);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Rows_are_interpolated_as_if_alone_however_many_points_the_others_have(string kind)
    {
        Tensor knots = tensor(new[,] { { 0.0, 1.0, 2.0, 3.0 }, { 0.5, 0.7, 1.1, 1.1 } });
        Tensor values = Random([2, 4, 2]);
        values[0, 1, 0] = double.NaN;
        ControlPath together = Create(kind, knots, values);
        for (int row = 0; row < 2; row++)
        {
            int points = 4 - row;
            ControlPath alone = Create(kind, knots[row].narrow(0, 0, points), values[row].narrow(0, 0, points));
            foreach (double place in (double[])[0.2, 0.6, 0.95])
            {
                double time = (knots[row, 0] + (place * (knots[row, 3] - knots[row, 0]))).item<double>();
                AssertClose(alone.Derivative(tensor(new[] { time }), alone.Inputs), together.Derivative(tensor(new[] { time, time }), together.Inputs).narrow(0, row, 1), 1e-12);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Gradients_flow_through_equations_to_the_values_that_were_observed_and_to_no_others(string kind)
    {
        const double Shift = 1e-5;
        using var field = new Field();
        Tensor values = (0.3 * Random([2, 6, 2])).clone();
        values[0, 2, 1] = double.NaN;
        values[1, 0, 0] = double.NaN;
        values.requires_grad_();
        Tensor direction = Random(values.shape), start = Random([2, 3]);
        ImplicitBackward.Run(() => Loss(values).backward());
        Tensor gradient = values.grad!;
        Assert.AreEqual(0, gradient[0, 2, 1].item<double>() + gradient[1, 0, 0].item<double>());
        double expected = (Loss(values.detach() + (Shift * direction)) - Loss(values.detach() - (Shift * direction))).item<double>() / (2 * Shift);
        Assert.AreEqual(expected, (gradient * direction).sum().item<double>(), 1e-6 * Math.Abs(expected));

        Tensor Loss(Tensor at)
        {
            var options = new OdeOptions { StepControl = new FixedStepControl(0.05) };
            return new NeuralOde(new ControlledDynamics(field, Create(kind, tensor(Knots), at)), options).forward(start, tensor(new[] { 0.0, 3.0 }))[1].pow(2).sum();
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Times_that_do_not_increase_are_refused_by_their_row(string kind)
    {
        Tensor times = tensor(new[,] { { 0.0, 1.0, 2.0 }, { 0.0, 2.0, 1.0 } });
        string message = Assert.ThrowsExactly<ArgumentException>(() => Create(kind, times, Random([2, 3, 1]))).Message;
        StringAssert.Contains(message, "row 1", StringComparison.Ordinal);
    }

    private static ControlPath Create(string kind, Tensor times, Tensor values) => kind switch
    {
        nameof(HermitePath) => new HermitePath(times, values),
        nameof(LinearPath) => new LinearPath(times, values),
        _ => new NaturalCubicSpline(times, values),
    };

    // By Gauss-Legendre with two nodes, exact on one piece.
    private static Tensor Integral(ControlPath path, double start, double end)
    {
        (double middle, double half) = ((start + end) / 2, (end - start) / 2);
        Tensor At(double place) => path.Derivative(tensor(new[] { middle + (place * half / Math.Sqrt(3)) }), path.Inputs);
        return (At(-1) + At(1)) * half;
    }

    private static Tensor Random(long[] shape)
    {
        using var generator = new Generator(3);
        return randn(shape, ScalarType.Float64, generator: generator);
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance) =>
        Assert.IsLessThanOrEqualTo(tolerance, (expected - actual).abs().max().item<double>());

    private sealed class Field() : nn.Module<Tensor, Tensor, Tensor>("field")
    {
        public override Tensor forward(Tensor time, Tensor state) => stack([state.sin(), state.roll(1, 1).cos()], 2);
    }
}

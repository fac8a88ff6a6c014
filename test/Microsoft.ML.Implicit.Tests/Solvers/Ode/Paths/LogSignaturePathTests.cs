using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Paths;

/// <summary>Log-signatures of windows, against iterated integrals and Chen's identity.</summary>
[TestClass]
public sealed class LogSignaturePathTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void Areas_are_half_the_difference_of_iterated_integrals()
    {
        double[,] points = Random(9, 3);
        double[] signature = Window(points, windows: 1).Single();
        (double[] first, double[,] second) = IteratedIntegrals(points);
        int next = 0;
        foreach (double change in first)
        {
            Assert.AreEqual(change, signature[next++], 1e-12);
        }

        for (int i = 0; i < 3; i++)
        {
            for (int j = i + 1; j < 3; j++)
            {
                Assert.AreEqual((second[i, j] - second[j, i]) / 2, signature[next++], 1e-12);
            }
        }
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(5)]
    public void Windows_join_by_Chens_identity_to_the_log_signature_of_the_whole(int windows)
    {
        double[,] points = Random(12, 2);
        double[] whole = Window(points, windows: 1).Single();
        double[] joined = [0, 0, 0];
        foreach (double[] window in Window(points, windows))
        {
            double area = joined[2] + window[2] + (((joined[0] * window[1]) - (joined[1] * window[0])) / 2);
            joined = [joined[0] + window[0], joined[1] + window[1], area];
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual(whole[i], joined[i], 1e-12);
        }
    }

    [TestMethod]
    public void A_window_of_one_piece_has_no_area_and_a_shift_of_the_path_changes_nothing()
    {
        double[,] points = Random(5, 2), shifted = Random(5, 2);
        for (int i = 0; i < 5; i++)
        {
            shifted[i, 0] += 1000;
            shifted[i, 1] -= 300;
        }

        Assert.IsTrue(Window(points, windows: 10).All(window => Math.Abs(window[2]) < 1e-13));
        foreach ((double[] left, double[] right) in Window(points, windows: 2).Zip(Window(shifted, windows: 2)))
        {
            Assert.AreEqual(left[2], right[2], 1e-9);
        }
    }

    [TestMethod]
    public void The_log_ODE_method_of_depth_2_converges_faster_than_that_of_depth_1()
    {
        // dz = A z dX¹ + B z dX²: with the commutator as field of the area, windows of length h leave an error of a higher order of h.
        int count = 96;
        double[,] points = new double[count + 1, 2];
        for (int i = 0; i <= count; i++)
        {
            double time = i / (double)count;
            (points[i, 0], points[i, 1]) = (Math.Sin(9 * time), Math.Cos(9 * time));
        }

        Tensor reference = Solve(points, windows: count, depth: 1);
        double[] Errors(int depth) => [.. new[] { 8, 16 }.Select(windows => (Solve(points, windows, depth) - reference).abs().max().item<double>())];
        double[] first = Errors(1), second = Errors(2);
        Assert.IsLessThan(first[1] / 20, second[1]);
        Assert.IsGreaterThan(1.7, Math.Log2(second[0] / second[1]));
    }

    [TestMethod]
    [DataRow(0, 2)]
    [DataRow(4, 3)]
    public void Windows_and_depths_that_there_are_not_are_refused(int windows, int depth) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LogSignaturePath(tensor(new[] { 0.0, 1.0 }), zeros([2, 1], ScalarType.Float64), windows, depth));

    private static Tensor Solve(double[,] points, int windows, int depth)
    {
        int count = points.GetLength(0) - 1;
        var path = new LogSignaturePath(linspace(0, count, count + 1, ScalarType.Float64), tensor(points), windows, depth);
        using var field = new LinearFields(depth);
        var options = new OdeOptions { StepControl = new FixedStepControl(count / (double)windows / 4), JumpTimes = [.. Enumerable.Range(0, windows).Select(i => i * count / (double)windows)] };
        return new NeuralOde(new ControlledDynamics(field, path), options).forward(tensor(new[] { 1.0, 0.5 }, [1, 2]), tensor(new[] { 0.0, count }))[1];
    }

    // Changes and areas of the windows.
    private static IEnumerable<double[]> Window(double[,] points, int windows)
    {
        int count = points.GetLength(0) - 1;
        var path = new LogSignaturePath(linspace(0, count, count + 1, ScalarType.Float64), tensor(points), windows, depth: 2);
        Tensor changes = path.Inputs[0][0];
        for (long i = 0; i < changes.shape[0]; i++)
        {
            yield return [.. changes[i].data<double>()];
        }
    }

    // ∫ dXⁱ and ∬ dXⁱ dXʲ, of straight pieces.
    private static (double[] First, double[,] Second) IteratedIntegrals(double[,] points)
    {
        int channels = points.GetLength(1);
        double[] first = new double[channels];
        double[,] second = new double[channels, channels];
        for (int k = 1; k < points.GetLength(0); k++)
        {
            double[] step = [.. Enumerable.Range(0, channels).Select(i => points[k, i] - points[k - 1, i])];
            for (int i = 0; i < channels; i++)
            {
                for (int j = 0; j < channels; j++)
                {
                    second[i, j] += (first[i] * step[j]) + (step[i] * step[j] / 2);
                }
            }

            for (int i = 0; i < channels; i++)
            {
                first[i] += step[i];
            }
        }

        return (first, second);
    }

    private static double[,] Random(int points, int channels)
    {
        var random = new Random(4);
        double[,] values = new double[points, channels];
        for (int i = 0; i < points * channels; i++)
        {
            values[i / channels, i % channels] = (2 * random.NextDouble()) - 1;
        }

        return values;
    }

    // Columns A z, B z and, for the area, [A, B] z with the bracket of the fields' sign.
    private sealed class LinearFields(int depth) : nn.Module<Tensor, Tensor, Tensor>("field")
    {
        private static readonly Tensor A = tensor(new[,] { { 0.0, 1.0 }, { 0.3, 0.2 } }).DetachFromDisposeScope();
        private static readonly Tensor B = tensor(new[,] { { 0.5, 0.0 }, { -1.0, 0.1 } }).DetachFromDisposeScope();

        public override Tensor forward(Tensor time, Tensor state)
        {
            Tensor bracket = B.matmul(A) - A.matmul(B);
            Tensor[] fields = depth == 1 ? [A, B] : [A, B, bracket];
            return stack(fields.Select(field => state.matmul(field.t())), 2);
        }
    }
}

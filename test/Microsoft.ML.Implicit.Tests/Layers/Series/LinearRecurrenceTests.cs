using Microsoft.ML.Implicit.Layers.Series;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Series;

/// <summary>Linear recurrences in continuous time, by a scan.</summary>
[TestClass]
public sealed class LinearRecurrenceTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(8)]
    [DataRow(29)]
    [DataRow(64)]
    [DataRow(101)]
    public void The_scan_is_the_loop_to_1e_minus_10_and_so_are_its_gradients(int points)
    {
        using var generator = new Generator(1);
        Tensor times = rand([3, points], ScalarType.Float64, generator: generator).cumsum(1);
        Tensor[] leaves =
        [
            .. ((long[][])[[4], [4], [3, points, 4], [3, points, 4]]).Select(shape => randn(shape, ScalarType.Float64, generator: generator).requires_grad_()),
        ];
        Tensor weights = randn([3, points, 8], ScalarType.Float64, generator: generator);
        (Tensor real, Tensor imaginary) = LinearRecurrence.Scan(times, (leaves[0].exp().neg(), leaves[1]), (leaves[2], leaves[3]));
        Tensor scanned = cat([real, imaginary], 2), looped = Loop(times, leaves);
        Assert.IsLessThan(1e-10, (scanned - looped).abs().max().item<double>());
        Tensor[] expected = Gradients(looped), actual = Gradients(scanned);
        foreach ((Tensor left, Tensor right) in expected.Zip(actual))
        {
            Assert.IsLessThan(1e-10, (left - right).abs().max().item<double>());
        }

        Tensor[] Gradients(Tensor states)
        {
            (states * weights).sum().backward();
            Tensor[] gradients = [.. leaves.Select(leaf => leaf.grad is null ? zeros_like(leaf) : leaf.grad.clone())];
            Array.ForEach(leaves, leaf => leaf.grad = null);
            return gradients;
        }
    }

    [TestMethod]
    public void States_do_not_depend_on_what_follows()
    {
        using var generator = new Generator(2);
        Tensor times = rand([1, 21], ScalarType.Float64, generator: generator).cumsum(1);
        Tensor inputs = randn([1, 21, 5], ScalarType.Float64, generator: generator), rates = rand([5], ScalarType.Float64, generator: generator);
        Tensor whole = LinearRecurrence.Scan(times, (rates.neg(), rates), (inputs, inputs * 2)).Real;
        for (int points = 1; points < 21; points++)
        {
            Tensor part = LinearRecurrence.Scan(times.narrow(1, 0, points), (rates.neg(), rates), (inputs.narrow(1, 0, points), inputs.narrow(1, 0, points) * 2)).Real;
            Assert.AreEqual(0, (whole.narrow(1, 0, points) - part).abs().max().item<double>());
        }
    }

    private static Tensor Loop(Tensor times, Tensor[] leaves)
    {
        (Tensor decay, Tensor frequency) = (leaves[0].exp(), leaves[1]);
        var states = new List<Tensor>();
        (Tensor real, Tensor imaginary) = (zeros_like(leaves[2].select(1, 0)), zeros_like(leaves[2].select(1, 0)));
        for (long i = 0; i < times.shape[1]; i++)
        {
            Tensor gap = i == 0 ? zeros([3, 1], ScalarType.Float64) : (times.select(1, i) - times.select(1, i - 1)).unsqueeze(1);
            (Tensor size, Tensor angle) = ((-gap * decay).exp(), gap * frequency);
            (real, imaginary) = (
                (size * ((angle.cos() * real) - (angle.sin() * imaginary))) + leaves[2].select(1, i),
                (size * ((angle.sin() * real) + (angle.cos() * imaginary))) + leaves[3].select(1, i));
            states.Add(cat([real, imaginary], 1));
        }

        return stack(states, 1);
    }
}

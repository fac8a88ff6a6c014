using Microsoft.ML.Implicit.Layers.Series;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Series;

/// <summary>States that products of matrices lead to, by a scan, and the rotations of four dimensions.</summary>
[TestClass]
public sealed class ProductScanTests
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
    [DataRow(100)]
    public void The_scan_is_the_loop_to_1e_minus_10_and_so_are_its_gradients(int points)
    {
        using var generator = new Generator(1);
        Tensor generators = randn([3, points, 2, 6], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor start = randn([2, 4, 1], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor weights = randn([3, points, 2, 4, 1], ScalarType.Float64, generator: generator);
        Tensor transitions = QuaternionRotation.Of(generators);
        Tensor scanned = ProductScan.Run(transitions, start), looped = Loop(transitions, start);
        Assert.IsLessThan(1e-10, (scanned - looped).abs().max().item<double>());
        Tensor[] expected = Gradients(looped), actual = Gradients(scanned);
        foreach ((Tensor left, Tensor right) in expected.Zip(actual))
        {
            Assert.IsLessThan(1e-10, (left - right).abs().max().item<double>());
        }

        Tensor[] Gradients(Tensor states)
        {
            (states * weights).sum().backward(retain_graph: true);
            Tensor[] gradients = [generators.grad!.clone(), start.grad!.clone()];
            (generators.grad, start.grad) = (null, null);
            return gradients;
        }
    }

    [TestMethod]
    public void States_do_not_depend_on_what_follows()
    {
        using var generator = new Generator(2);
        Tensor transitions = QuaternionRotation.Of(randn([1, 21, 2, 6], generator: generator)), start = randn([2, 4, 1], generator: generator);
        Tensor whole = ProductScan.Run(transitions, start);
        for (int points = 1; points < 21; points++)
        {
            Assert.AreEqual(0, (whole.narrow(1, 0, points) - ProductScan.Run(transitions.narrow(1, 0, points), start)).abs().max().item<float>());
        }
    }

    [TestMethod]
    public void Rotations_are_the_exponentials_of_their_skew_matrices()
    {
        using var generator = new Generator(3);
        Tensor generators = randn([50, 6], ScalarType.Float64, generator: generator);
        Tensor rotations = QuaternionRotation.Of(generators);

        // The skew matrix is the rotation's derivative where it is the identity.
        const double size = 1e-5;
        Tensor skew = (QuaternionRotation.Of(generators * size) - QuaternionRotation.Of(generators * -size)) / (2 * size);
        Assert.IsLessThan(1e-8, (linalg.matrix_exp(skew) - rotations).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (rotations.matmul(rotations.transpose(1, 2)) - eye(4, dtype: ScalarType.Float64)).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (linalg.det(rotations) - 1).abs().max().item<double>());
    }

    [TestMethod]
    public void Nothing_turns_where_nothing_is_asked_to_and_gradients_stay_finite()
    {
        Tensor generators = zeros([1, 6], ScalarType.Float32).requires_grad_();
        Tensor rotation = QuaternionRotation.Of(generators);
        Assert.AreEqual(0, (rotation - eye(4)).abs().max().item<float>(), 2e-6f);
        rotation.select(1, 1).sum().backward();
        Assert.IsTrue(generators.grad!.isfinite().all().item<bool>());
        Assert.IsGreaterThan(0.5f, generators.grad!.abs().max().item<float>());
    }

    [TestMethod]
    public void Words_of_the_alternating_group_of_five_points_are_followed_for_thousands_of_letters()
    {
        // The group turns the five corners of a simplex in four dimensions.
        Tensor corners = linalg.qr(cat([ones(5, 1, dtype: ScalarType.Float64), eye(5, dtype: ScalarType.Float64).narrow(1, 0, 4)], 1)).Q.narrow(1, 1, 4);
        int[][] letters = [[1, 2, 3, 4, 0], [1, 2, 0, 3, 4], [1, 0, 3, 2, 4]];
        Tensor[] generators = [.. letters.Select(letter => GeneratorOf(letter.Select((to, from) => corners[to].unsqueeze(1).matmul(corners[from].unsqueeze(0))).Aggregate((sum, next) => sum + next)))];
        var random = new Random(5);
        int[] word = [.. Enumerable.Range(0, 4000).Select(_ => random.Next(letters.Length))];
        Tensor transitions = QuaternionRotation.Of(stack(word.Select(letter => generators[letter])).view(1, -1, 1, 6).to(ScalarType.Float32));
        Tensor states = ProductScan.Run(transitions, corners[0].view(1, 4, 1).to(ScalarType.Float32)).view(-1, 4);
        int point = 0;
        long[] expected = [.. word.Select(letter => (long)(point = letters[letter][point]))];
        CollectionAssert.AreEqual(expected, states.matmul(corners.t().to(ScalarType.Float32)).argmax(1).data<long>().ToArray());
        Assert.AreEqual(0, (states.norm(1) - corners[0].norm().item<double>()).abs().max().item<float>(), 1e-4f, "nothing grows or fades");
    }

    // A rotation is p z q for unit quaternions p and q, whose products of parts are its coefficients along the rotations by units.
    private static Tensor GeneratorOf(Tensor rotation)
    {
        Tensor units = cat([zeros(1, 3, dtype: ScalarType.Float64), eye(3, dtype: ScalarType.Float64) * (Math.PI / 2)]);
        var products = zeros(4, 4, dtype: ScalarType.Float64);
        for (int left = 0; left < 4; left++)
        {
            for (int right = 0; right < 4; right++)
            {
                products[left, right] = (QuaternionRotation.Of(cat([units[left], units[right]])) * rotation).sum() / 4;
            }
        }

        (Tensor u, Tensor s, Tensor vh) = linalg.svd(products);
        Assert.AreEqual(1, s[0].item<double>(), 1e-9);
        return cat([Logarithm(u.select(1, 0)), Logarithm(vh[0])]);
    }

    private static Tensor Logarithm(Tensor quaternion)
    {
        Tensor imaginary = quaternion.narrow(0, 1, 3), size = imaginary.norm();
        return imaginary * atan2(size, quaternion[0]) / size;
    }

    private static Tensor Loop(Tensor transitions, Tensor start)
    {
        var states = new List<Tensor>();
        Tensor state = start;
        for (long i = 0; i < transitions.shape[1]; i++)
        {
            state = transitions.select(1, i).matmul(state);
            states.Add(state);
        }

        return stack(states, 1);
    }
}

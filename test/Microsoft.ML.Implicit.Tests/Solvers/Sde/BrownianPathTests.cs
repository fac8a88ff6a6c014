using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

[TestClass]
public sealed class BrownianPathTests
{
    [TestMethod]
    [DataRow(1, 1024)]
    [DataRow(7, 1024)]
    [DataRow(1000, 1000)]
    [DataRow(1, 1000)]
    public void A_path_refined_a_thousandfold_is_the_same_path(int intervals, int parts)
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(rows: 5, channels: 3, start: -2, end: 5, intervals);
        BrownianIncrement whole = path.Increment(-2, 5);
        double step = 7.0 / parts;
        Tensor w = zeros_like(whole.W);
        Tensor integral = zeros_like(whole.W);
        for (int i = 0; i < parts; i++)
        {
            BrownianIncrement part = path.Increment(-2 + (7.0 * i / parts), -2 + (7.0 * (i + 1) / parts));
            integral = integral + (step * (w + (0.5 * part.W) + part.H));
            w = w + part.W;
        }

        // The integral of the path since its start is h (W / 2 + H).
        AssertClose(whole.W, w, 1e-12);
        AssertClose(whole.H, (integral / 7) - (0.5 * w), 1e-12);
    }

    [TestMethod]
    public void The_order_of_questions_does_not_matter()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] times = [0, 0.1, 0.125, 0.3, 0.30000001, 0.7, 0.75, 1];
        (double From, double To)[] questions = [.. from a in times from b in times where a < b select (a, b)];
        BrownianIncrement[] forward = [.. questions.Select(q => Path(2, 2).Increment(q.From, q.To))];
        BrownianPath one = Path(2, 2);
        BrownianIncrement[] backward = [.. questions.Reverse().Select(q => one.Increment(q.From, q.To)).Reverse()];
        for (int i = 0; i < questions.Length; i++)
        {
            AssertClose(forward[i].W, backward[i].W, 0);
            AssertClose(forward[i].H, backward[i].H, 0);
        }
    }

    [TestMethod]
    public void Intervals_are_the_same_in_turn_backward_and_at_random()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Intervals = 40;
        int[] backward = [.. Enumerable.Range(0, Intervals).Reverse()];
        int[] random = [.. Enumerable.Range(0, Intervals).Select(i => i * 17 % Intervals)];
        int[][] orders = [[.. Enumerable.Range(0, Intervals)], backward, random, [.. backward[..9], .. random, .. backward]];
        foreach (int[] order in orders)
        {
            BrownianPath withoutAreas = Path(3, 2, intervals: Intervals), withAreas = Path(3, 2, intervals: Intervals), mixed = Path(3, 2, intervals: Intervals);
            foreach (int i in order)
            {
                (double from, double to) = ((double)i / Intervals, (i + 1.0) / Intervals);
                BrownianIncrement expected = Path(3, 2, intervals: Intervals).Increment(from, to);
                AssertClose(expected.W, withoutAreas.ReadIncrement(from, to, ScalarType.Float64, null), 0);
                AssertClose(expected.H, withAreas.ReadArea(from, to, ScalarType.Float64, null), 0);
                AssertClose(expected.W, mixed.ReadIncrement(from, to, ScalarType.Float64, null), 0);
                AssertClose(expected.H, i % 3 == 0 ? mixed.ReadArea(from, to, ScalarType.Float64, null) : expected.H, 0);
            }
        }
    }

    [TestMethod]
    public void Increments_add_up_however_close_their_times_are()
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(rows: 3, channels: 2, halvings: 2);
        double[] times = [0, 0.01, 0.02, 0.07, 0.24, 0.26, 0.9, 0.901, 1];
        Tensor sum = zeros(3, 2, ScalarType.Float64);
        for (int i = 1; i < times.Length; i++)
        {
            sum = sum + path.Increment(times[i - 1], times[i]).W;
            AssertClose(path.Increment(0, times[i]).W, sum, 1e-14);
        }
    }

    [TestMethod]
    public void A_row_depends_on_its_own_seed_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        long[] seeds = BrownianPath.Seeds(3, 20);
        BrownianIncrement all = new BrownianPath(seeds, 3, 0, 1).Increment(0.2, 0.7);
        BrownianIncrement one = new BrownianPath([seeds[13]], 3, 0, 1).Increment(0.2, 0.7);
        BrownianIncrement fewer = new BrownianPath(seeds[10..15], 2, 0, 1).Increment(0.2, 0.7);
        AssertClose(all.W[13], one.W[0], 0);
        AssertClose(all.H[13], one.H[0], 0);
        AssertClose(all.W[10..15, ..2], fewer.W, 0);
        Assert.AreSequenceEqual(seeds[..7], BrownianPath.Seeds(3, 7));
        Assert.IsFalse(seeds.SequenceEqual(BrownianPath.Seeds(4, 20)));
    }

    [TestMethod]
    public void Times_that_differ_by_rounding_are_one_time()
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(2, 1, intervals: 10);
        AssertClose(path.Increment(0, 0.3).W, path.Increment(0, 0.1 + 0.2).W, 0);
    }

    [TestMethod]
    [DataRow(0.0, 1.0, 1, 20)]
    [DataRow(0.2, 0.5, 1, 20)]
    [DataRow(0.25, 0.75, 1, 20)]
    [DataRow(0.0, 0.3, 3, 7)]
    [DataRow(0.31, 0.313, 3, 7)]
    [DataRow(0.2, 0.9, 3, 0)]
    public void Increments_and_areas_have_the_variances_of_Brownian_motion_and_do_not_correlate(double from, double to, int intervals, int halvings)
    {
        using DisposeScope scope = NewDisposeScope();
        const int Count = 200_000;
        var path = new BrownianPath(BrownianPath.Seeds(9, Count / 4), 4, 0, 1, intervals, halvings);
        BrownianIncrement increment = path.Increment(from, to);
        double length = to - from;
        (Tensor w, Tensor h) = (increment.W.flatten() / Math.Sqrt(length), increment.H.flatten() * Math.Sqrt(12 / length));

        // Standard errors of a mean, a variance, a covariance, a kurtosis and a tail of standard normal numbers.
        double error = 4 / Math.Sqrt(Count);
        foreach (Tensor x in (Tensor[])[w, h])
        {
            Assert.AreEqual(0, x.mean().item<double>(), error);
            Assert.AreEqual(1, x.pow(2).mean().item<double>(), error * Math.Sqrt(2));
            Assert.AreEqual(3, x.pow(4).mean().item<double>(), error * Math.Sqrt(96));
            Assert.AreEqual(0.0455, x.abs().gt(2).to(ScalarType.Float64).mean().item<double>(), error * 0.21);
        }

        Assert.AreEqual(0, (w * h).mean().item<double>(), error);
        Tensor channels = increment.W / Math.Sqrt(length);
        Assert.AreEqual(0, (channels.select(1, 0) * channels.select(1, 1)).mean().item<double>(), 2 * error);
    }

    [TestMethod]
    public void Neighbouring_increments_and_areas_are_independent()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Count = 100_000;
        var path = new BrownianPath(BrownianPath.Seeds(5, Count), 1, 0, 1);
        (double From, double To)[] intervals = [(0, 0.22), (0.22, 0.5), (0.5, 0.55), (0.55, 1)];
        Tensor[] values = [.. intervals.SelectMany(i => Normalized(path.Increment(i.From, i.To), i.To - i.From))];
        Tensor correlations = stack(values).mm(stack(values).t()) / Count;
        Assert.IsLessThan(4.5 / Math.Sqrt(Count), (correlations - diag(correlations.diag())).abs().max().item<double>());
    }

    /// <summary>The managed memory is that of the whole process.</summary>
    [TestMethod]
    [DoNotParallelize]
    public void What_is_asked_leaves_no_memory_behind()
    {
        BrownianPath path = Path(rows: 100, channels: 2);
        Ask(path, 100);
        long before = GC.GetTotalMemory(true);
        long tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Ask(path, 3000);
        Assert.IsLessThan(100_000, GC.GetTotalMemory(true) - before);
        Assert.AreEqual(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Times_outside_the_path_or_in_the_wrong_order_are_refused()
    {
        BrownianPath path = Path(1, 1);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => path.Increment(-0.1, 1)).Message, "from time 0 to 1");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => path.Increment(0.5, 1.1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => path.Increment(0.5, 0.5));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => path.Increment(0.5, 0.4));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => path.Increment(0.5, double.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new BrownianPath([], 1, 0, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new BrownianPath([1], 1, 1, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new BrownianPath([1], 0, 0, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new BrownianPath([1], 1, 0, 1, intervals: 0));
    }

    private static void Ask(BrownianPath path, int parts)
    {
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < parts; i++)
        {
            path.Increment((double)i / parts, (i + 1.0) / parts);
        }
    }

    private static Tensor[] Normalized(BrownianIncrement increment, double length) =>
        [increment.W.flatten() / Math.Sqrt(length), increment.H.flatten() * Math.Sqrt(12 / length)];

    private static BrownianPath Path(int rows, int channels, double start = 0, double end = 1, int intervals = 1, int halvings = 20) =>
        new(BrownianPath.Seeds(1, rows), channels, start, end, intervals, halvings);

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance) =>
        Assert.IsLessThanOrEqualTo(tolerance, (expected - actual).abs().max().item<double>());
}

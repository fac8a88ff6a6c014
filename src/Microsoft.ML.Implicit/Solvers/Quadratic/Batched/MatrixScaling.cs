using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Scales that equilibrate the stacked matrices Q, G and A of a batch, and the groups of <see cref="LinkedVariables"/>.</summary>
/// <param name="Scales">Powers of two by which to multiply rows, those of Q its columns too, [n + m + k] or [batch, n + m + k].</param>
/// <param name="Groups">The group of each variable and of each row of G and A, int64 of the same shape.</param>
/// <param name="GroupNumbers">The groups that there are, each once.</param>
internal sealed record MatrixScaling(Tensor Scales, Tensor Groups, long[] GroupNumbers)
{
    // The host takes longer over more than launching the same on a GPU takes.
    private const long MostEntriesOnHost = 1 << 16;

    /// <summary>Finds them.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="matrices">Its matrices, [n + m + k, n] or [batch, n + m + k, n].</param>
    public static MatrixScaling Find(QuadraticProblem problem, Tensor matrices) =>
        problem.SharesMatrices && matrices.NumberOfElements <= MostEntriesOnHost ? OnHost(problem) : OnDevice(matrices, problem.Variables);

    private static unsafe MatrixScaling OnHost(QuadraticProblem problem)
    {
        int n = problem.Variables, m = problem.Inequalities, k = problem.Equalities;
        var matrices = new DenseMatrices(new ConstraintLayout(n, m, k, false, false), new ThreadTeam(1));
        new DenseData(problem).LoadMatrices(matrices, 0);
        long[] shape = [n + m + k];
        if (!matrices.IsFinite)
        {
            return new MatrixScaling(ones(shape, ScalarType.Float64, problem.P.device), zeros(shape, ScalarType.Int64, problem.P.device), [LinkedVariables.Curved]);
        }

        double[] scales =
        [
            .. new ReadOnlySpan<double>(matrices.VariableScale, n),
            .. new ReadOnlySpan<double>(matrices.InequalityScale, m),
            .. new ReadOnlySpan<double>(matrices.EqualityScale, k),
        ];
        LinkedVariables linked = matrices.Linked;
        long[] groups =
        [
            .. Enumerable.Range(0, n).Select(linked.GroupOf),
            .. Enumerable.Range(0, m).Select(linked.GroupOfInequality),
            .. Enumerable.Range(0, k).Select(linked.GroupOfEquality),
        ];
        return new MatrixScaling(
            NativeTensor.Of(scales, shape, problem.P.device),
            NativeTensor.Of(groups, shape, problem.P.device),
            [.. groups.Distinct()]);
    }

    // As Dense.Scaling.MatrixEquilibration.
    private static MatrixScaling OnDevice(Tensor matrices, long n)
    {
        var links = new BatchedLinks(matrices, n);
        Tensor scales = links.Scales();
        long constraints = scales.shape[^1] - n;
        Tensor magnitudes = matrices.abs().mul_(scales.unsqueeze(-1)).mul_(scales.narrow(-1, 0, n).unsqueeze(-2));
        for (int pass = 0; pass < MatrixEquilibration.Passes; pass++)
        {
            magnitudes.narrow(-2, 0, n).mul_(ObjectiveExponent(magnitudes, n).neg_().exp2_());
            Tensor rows = magnitudes.amax([-1]);
            Tensor factors = Factors(cat([magnitudes.amax([-2]), rows.narrow(-1, n, constraints)], -1));
            if (factors.eq(1.Held()).all().item<bool>())
            {
                break;
            }

            magnitudes = (magnitudes * factors.unsqueeze(-1)).mul_(factors.narrow(-1, 0, n).unsqueeze(-2));
            scales.mul_(factors);
        }

        Tensor scaled = (matrices.narrow(-2, 0, n).abs() * scales.narrow(-1, 0, n).unsqueeze(-1)).mul_(scales.narrow(-1, 0, n).unsqueeze(-2));
        Tensor half = (ObjectiveExponent(scaled, n) * 0.5.Held()).floor_().squeeze(-1);
        scales.narrow(-1, 0, n).mul_(half.neg().exp2_());
        scales.narrow(-1, n, constraints).mul_(half.exp2_());
        return new MatrixScaling(scales, links.Groups, links.Groups.unique().output.cpu().data<long>().ToArray());
    }

    // Exponent of the power of two below the largest entry of Q, [1, 1] or [batch, 1, 1]; 0 where Q is zero.
    private static Tensor ObjectiveExponent(Tensor magnitudes, long n) =>
        magnitudes.narrow(-2, 0, n).amax([-1, -2], keepdim: true).log2_().floor_().nan_to_num_(0, 0, 0);

    // The powers of two nearest to the inverse square roots; 1 for an empty line.
    private static Tensor Factors(Tensor maxima) => maxima.masked_fill(maxima.eq(0.Held()), 1.Held()).log2_().mul_((-0.5).Held()).round_().exp2();
}

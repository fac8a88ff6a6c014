using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// Differentiates solutions: with K = [P Aᵀ; A −H] at the central path, K (dx, dy) = (−dP x − dAᵀy − dq, db − dA x), so that one solve K (u, v) with the cotangents
/// of x and y gives all gradients. s = b − A x adds to those of x, A and b.
/// </summary>
internal sealed class ConeAdjoint
{
    // In scaled units: a pair below its root counts as weakly active.
    private const double SmallestMu = 1e-14;

    private readonly ConeWorkspace _workspace;
    private readonly ConeData _data;
    private readonly ConeResults _results;
    private readonly double[] _s;
    private readonly double[] _z;
    private readonly double[] _first;
    private readonly double[] _second;
    private readonly double[] _u;
    private readonly double[] _v;

    private ConeAdjoint(ConeData data, ConeResults results)
    {
        _workspace = new ConeWorkspace(data);
        (_data, _results) = (data, results);
        (int n, int m) = (data.Problem.Variables, data.Problem.Constraints);
        (_first, _u) = (new double[n], new double[n]);
        (_s, _z, _second, _v) = (new double[m], new double[m], new double[m], new double[m]);
    }

    public static ConeGradients Solve(ConeProblem problem, ConeResults results, ConeOptions options, Tensor? gradX, Tensor? gradS, Tensor? gradY)
    {
        (int n, int m) = (problem.Variables, problem.Constraints);
        Tensor slack = gradS is null ? zeros(problem.BatchSize, m, ScalarType.Float64) : gradS.detach().to(ScalarType.Float64).cpu();
        Tensor total = gradX is null ? zeros(problem.BatchSize, n, ScalarType.Float64) : gradX.detach().to(ScalarType.Float64).cpu();
        Tensor matrix = problem.A.detach().to(ScalarType.Float64).cpu();
        total -= problem.AEntries is { } entries ? SparseProduct.MultiplyTransposed(entries, matrix, slack) : slack.unsqueeze(1).matmul(matrix).squeeze(1);
        double[] cotangentX = ConeData.Read(total), cotangentY = gradY is null ? new double[problem.BatchSize * m] : ConeData.Read(gradY);
        double[] x = [.. results.X], y = [.. results.Y], u = new double[cotangentX.Length], v = new double[cotangentY.Length];
        bool[] isUnused = FindUnused(results, gradX, slack, cotangentY);
        for (int row = 0; row < isUnused.Length; row++)
        {
            if (isUnused[row])
            {
                // Zero times what is not finite is not zero.
                ConeResults.Row(x, row, n).Clear();
                ConeResults.Row(y, row, m).Clear();
            }
        }

        var data = new ConeData(problem, results.Structure);
        ConeRows.ForEach(
            problem.BatchSize,
            options.MaximumParallelism,
            () => new ConeAdjoint(data, results),
            (worker, row) =>
            {
                if (!isUnused[row])
                {
                    worker.Solve(
                        row, ConeResults.Row(cotangentX, row, n), ConeResults.Row(cotangentY, row, m), ConeResults.Row(u, row, n), ConeResults.Row(v, row, m));
                }
            },
            CancellationToken.None);
        return Gradients(problem, OfRows(x, n), OfRows(y, m), OfRows(u, n), OfRows(v, m), slack);

        Tensor OfRows(double[] values, int length) => NativeTensor.Of(values, [problem.BatchSize, length]);
    }

    // A row without a solution has no gradient; where the loss does not depend on it, none is asked for.
    private static bool[] FindUnused(ConeResults results, Tensor? gradX, Tensor gradS, double[] gradY)
    {
        int batch = results.Outcomes.Length;
        bool[] isUnused = new bool[batch];
        if (Array.TrueForAll(results.Outcomes, outcome => outcome.Status == SolveStatus.Converged))
        {
            return isUnused;
        }

        double[] x = gradX is null ? [] : ConeData.Read(gradX), s = ConeData.Read(gradS);
        for (int row = 0; row < batch; row++)
        {
            isUnused[row] = results.Outcomes[row].Status != SolveStatus.Converged && IsZero(x, row) && IsZero(s, row) && IsZero(gradY, row);
        }

        return isUnused;

        bool IsZero(double[] values, int row) => !ConeResults.Row(values, row, values.Length / batch).ContainsAnyExcept(0);
    }

    private static ConeGradients Gradients(ConeProblem problem, Tensor x, Tensor y, Tensor u, Tensor v, Tensor slack)
    {
        Tensor right = v.Plus(slack);
        return new ConeGradients(
            problem.P is null ? null : Cast(OuterSum(u, x, x, u, problem.P, problem.PEntries).mul_((-0.5).Held())),
            Cast(Sum(u.neg(), problem.Q.dim() == 2)),
            Cast(OuterSum(y, u, right, x, problem.A, problem.AEntries).neg_()),
            Cast(Sum(right, problem.B.dim() == 2)));

        Tensor Cast(Tensor gradient) => gradient.to(problem.Q.dtype).to(problem.Q.device);
        Tensor Sum(Tensor rows, bool isBatched) => isBatched ? rows : rows.sum([0L]);
        Tensor OuterSum(Tensor left0, Tensor right0, Tensor left1, Tensor right1, Tensor matrix, SparseEntries? entries) =>
            entries is not null ? Sum(SparseProduct.Outer(entries, left0, right0).Plus(SparseProduct.Outer(entries, left1, right1)), matrix.dim() == 2)
            : matrix.dim() == 3 ? stack([left0, left1], 2).bmm(stack([right0, right1], 1))
            : cat([left0, left1], 0).t().mm(cat([right0, right1], 0));
    }

    private void Solve(int row, ReadOnlySpan<double> cotangentX, ReadOnlySpan<double> cotangentY, Span<double> u, Span<double> v)
    {
        ConeOutcome outcome = _results.Outcomes[row];
        if (outcome.Status != SolveStatus.Converged)
        {
            u.Fill(double.NaN);
            v.Fill(double.NaN);
            return;
        }

        ConeWorkspace workspace = _results.Faces[row] is { } faces ? new ConeWorkspace(_data, faces) : _workspace;
        ProgramUnits units = _results.Units[row];
        workspace.Program.LoadMatrices(_data, row, units);
        ConeResults.Row(_results.ScaledS, row, _s.Length).CopyTo(_s);
        ConeResults.Row(_results.ScaledY, row, _z.Length).CopyTo(_z);
        double mu = Math.Max(outcome.Mu, SmallestMu);
        foreach (Blocks.ConeBlock block in workspace.Blocks)
        {
            block.MoveToPath(block.Of(_s), block.Of(_z), mu);
        }

        units.ToScaledCosts(cotangentX, _first);
        units.ToScaledSlacks(cotangentY, _second);
        if (!workspace.System.TryFactor())
        {
            u.Fill(double.NaN);
            v.Fill(double.NaN);
            return;
        }

        workspace.System.Solve(_first, _second, _u, _v, _s);
        units.FromScaledDirection(_u, u);
        units.FromScaledMultipliers(_v, v);
    }
}

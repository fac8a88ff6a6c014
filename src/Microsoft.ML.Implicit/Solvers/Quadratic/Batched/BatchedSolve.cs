using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Solves a batch on its device, and the rows that this leaves unsolved on the CPU, where they are diagnosed too.</summary>
internal static class BatchedSolve
{
    /// <summary>Solves with a method; options are those of the interior point method for the rest.</summary>
    public static QuadraticSolution Solve(QuadraticProblem problem, Func<IBatchedMethod> create, InteriorPointOptions options, CancellationToken cancellation)
    {
        using DisposeScope scope = NewDisposeScope();
        IBatchedMethod method = create();
        Tensor done = method.Solve(cancellation);
        BatchedState state = method.State();
        bool[] converged = done.cpu().data<bool>().ToArray();
        double[] statistics = method.Statistics().cpu().data<double>().ToArray();
        var outcomes = new DenseOutcome[problem.BatchSize];
        for (int i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new DenseOutcome(SolveStatus.Converged, (int)statistics[(6 * outcomes.Length) + i], double.NaN, Norms(i), Norms((3 * outcomes.Length) + i));
        }

        int[] rest = [.. Enumerable.Range(0, outcomes.Length).Where(i => !converged[i])];
        DenseBatch? dense = rest.Length > 0 ? DenseBatch.Run(Select(problem, rest), options, null, cancellation) : null;
        dense?.Results.MergeInto(state, rest, outcomes);
        QuadraticSolution solution = ToSolution(problem, state, outcomes, row => Diagnose(dense, rest, row));
        scope.MoveToOuter(solution.Tensors);
        return solution;

        ResidualNorms Norms(int start) => new(statistics[start], statistics[outcomes.Length + start], statistics[(2 * outcomes.Length) + start]);
    }

    private static QuadraticDiagnosis Diagnose(DenseBatch? dense, int[] rest, int row)
    {
        int index = Array.IndexOf(rest, row);
        return index < 0 ? new QuadraticDiagnosis(SolveStatus.Converged) : dense!.Diagnose(index);
    }

    // The problem of some rows, on the CPU and free of the caller's scopes.
    private static QuadraticProblem Select(QuadraticProblem problem, int[] rows)
    {
        Tensor indices = tensor(Array.ConvertAll(rows, r => (long)r), device: problem.P.device);
        Tensor?[] arguments = [.. problem.SelectRows(indices).Arguments.Select(t => t?.to(ScalarType.Float64).cpu().DetachFromDisposeScope())];
        arguments[1] = arguments[1]!.dim() > 1 ? arguments[1] : arguments[1]!.unsqueeze(0).expand(rows.Length, problem.Variables).contiguous().DetachFromDisposeScope();
        return QuadraticProblem.FromArguments(arguments, problem.QuadraticType);
    }

    private static QuadraticSolution ToSolution(QuadraticProblem problem, BatchedState state, DenseOutcome[] outcomes, Func<int, QuadraticDiagnosis> diagnose)
    {
        long m = problem.Inequalities, n = problem.Variables;
        Tensor q = problem.Q is null ? zeros_like(state.Z) : BatchedSystem.Apply(BatchedSystem.Double(problem.Q), state.Z);
        Tensor objective = (state.Z * (q * 0.5.Held()).Plus(BatchedSystem.Double(problem.P))).sum(1);
        var adjoint = new BatchedAdjoint(state, Array.ConvertAll(outcomes, o => o.Status == SolveStatus.Converged));
        return new QuadraticSolution(problem, adjoint, diagnose, outcomes)
        {
            Z = Output(state.Z),
            Lambda = Output(state.Lambda.narrow(1, 0, m)),
            Nu = Output(state.Nu),
            LowerMultipliers = problem.Lower is null ? null : Output(state.Lambda.narrow(1, m, n)),
            UpperMultipliers = problem.Upper is null ? null : Output(state.Lambda.narrow(1, state.Lambda.shape[1] - n, n)),
            Objective = Output(objective),
        };

        Tensor Output(Tensor values) => values.to(problem.P.dtype, copy: true);
    }
}

using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Training rows of a learned program, all float64.</summary>
/// <param name="Features">[rows, features], finite.</param>
/// <param name="Labels">Decisions or realised costs, [rows, variables], finite.</param>
/// <param name="Columns">Arguments read from columns, [rows, width] as <see cref="QuadraticBinding"/> places them, or parameters of a convex program.</param>
/// <param name="Positions">Where each row stands in its data view, [rows], int64.</param>
/// <param name="Weights">Example weights, [rows, 1], or null where every row counts the same.</param>
/// <param name="Decisions">Best decisions at realised costs, [rows, variables], or what those cost, [rows, 1]; null where nothing is compared with them.</param>
internal sealed record DecisionSet(Tensor Features, Tensor Labels, Tensor Columns, Tensor Positions, Tensor? Weights = null, Tensor? Decisions = null) : ITrainingRows<DecisionSet>
{
    // Where all rows are.
    private const long SolvedAtOnce = 256;

    public long Count => Labels.shape[0];

    /// <summary>Sum of the weights.</summary>
    public double TotalWeight => Weights?.sum().item<double>() ?? Count;

    /// <summary>What each row counts in a mean over these rows, [rows, 1].</summary>
    public Tensor Shares => Weights is null
        ? full([Count, 1], (1.0 / Count).Held(), ScalarType.Float64, Labels.device)
        : Weights / Weights.sum();

    /// <summary>Throws if a row was not solved, and names it by its place in its data view.</summary>
    /// <param name="status">How each row ended.</param>
    /// <param name="describe">Says why a row has no solution, by its index among these rows.</param>
    /// <exception cref="SolveFailedException">A row was not solved.</exception>
    public void ThrowIfFailed(IReadOnlyList<SolveStatus> status, Func<int, string> describe)
    {
        for (int row = 0; row < status.Count; row++)
        {
            if (status[row] != SolveStatus.Converged)
            {
                long position = Positions[row].item<long>();
                throw new SolveFailedException($"Row {position}: {describe(row)}", status[row], (int)position);
            }
        }
    }

    /// <summary>Solves all rows at realised values, some at once. Rows without a solution are an error, or are left out and told of.</summary>
    /// <param name="handling">Which of the two.</param>
    /// <param name="warn">Where it is told.</param>
    /// <param name="solve">Solves rows: how each ended, what is wrong with one, and what is kept of them, [rows, any].</param>
    /// <returns>The rows that are left, with what is kept as <see cref="Decisions"/>; they belong to the current dispose scope.</returns>
    /// <exception cref="SolveFailedException">A row was not solved, and that is an error.</exception>
    /// <exception cref="InvalidOperationException">No row was solved.</exception>
    public DecisionSet WithDecisions(
        UnsolvedRowHandling handling, Action<string> warn, Func<DecisionSet, (IReadOnlyList<SolveStatus> Status, Func<int, string> Describe, Tensor Decisions)> solve)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> decisions = [];
        List<long> solved = [];
        string? failure = null;
        foreach ((long first, DecisionSet part) in Parts())
        {
            (IReadOnlyList<SolveStatus> status, Func<int, string> describe, Tensor found) = solve(part);
            if (handling == UnsolvedRowHandling.Throw)
            {
                part.ThrowIfFailed(status, describe);
            }

            for (int row = 0; row < status.Count; row++)
            {
                if (status[row] == SolveStatus.Converged)
                {
                    solved.Add(first + row);
                }
                else
                {
                    failure ??= $"row {part.Positions[row].item<long>()}: {describe(row)}";
                }
            }

            decisions.Add(found);
        }

        DecisionSet all = this with { Decisions = cat(decisions, 0) };
        if (failure is null)
        {
            return all with { Decisions = all.Decisions.MoveToOuterDisposeScope() };
        }

        if (solved.Count == 0)
        {
            throw new InvalidOperationException($"There is nothing to learn from: no row has a solution at its realised values. The first is {failure}");
        }

        warn($"{Count - solved.Count} of {Count} rows have no solution at their realised values and are left out. The first is {failure}");
        DecisionSet rest = all.Select(tensor(solved.ToArray(), [solved.Count], device: Labels.device));
        scope.MoveToOuter(rest.Tensors);
        return rest;
    }

    /// <summary>All rows, as many at a time as are solved at once, with the place of the first of them.</summary>
    public IEnumerable<(long First, DecisionSet Rows)> Parts()
    {
        for (long first = 0; first < Count; first += SolvedAtOnce)
        {
            yield return (first, Narrow(first, Math.Min(SolvedAtOnce, Count - first)));
        }
    }

    /// <summary>The rows at the given int64 indices.</summary>
    public DecisionSet Select(Tensor rows) => Map(tensor => tensor.index_select(0, rows));

    /// <summary>A range of rows.</summary>
    public DecisionSet Narrow(long first, long count) => Map(tensor => tensor.narrow(0, first, count));

    /// <summary>The same rows on a device.</summary>
    public DecisionSet To(Device device) => Map(tensor => tensor.to(device));

    /// <summary>Takes the tensors out of their dispose scope: they live until <see cref="Dispose"/>.</summary>
    public DecisionSet Detach()
    {
        foreach (Tensor tensor in Tensors)
        {
            tensor.DetachFromDisposeScope();
        }

        return this;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in Tensors)
        {
            tensor.Dispose();
        }
    }

    private IEnumerable<Tensor> Tensors => new[] { Features, Labels, Columns, Positions, Weights, Decisions }.OfType<Tensor>();

    private DecisionSet Map(Func<Tensor, Tensor> change) =>
        new(change(Features), change(Labels), change(Columns), change(Positions), Weights is null ? null : change(Weights), Decisions is null ? null : change(Decisions));
}

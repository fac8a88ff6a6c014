using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>
/// Finds few constraints of an infeasible row that contradict each other (a deletion filter; Chinneck and Dravnieks, 1991). The certificate of an interior point method rests on all that any certificate
/// rests on: some of its constraints are left out, and if the others have a certificate still, that one takes its place. Where they have none, half as many are left out, down to a single one, which is needed
/// (as in Junker's "QuickXplain", 2004).
/// </summary>
/// <param name="program">The program.</param>
/// <param name="problem">Its data.</param>
/// <param name="row">The row.</param>
internal sealed class ConflictSearch(CompiledProgram program, ConeProblem problem, int row)
{
    // Each is a solve.
    private const int MaximumTrials = 100;

    private readonly ConeSolver _solver = new();
    private int _trials;

    /// <summary>Constraints that contradict each other, those with the largest share first.</summary>
    /// <param name="weights">Magnitudes of the multipliers of the row's certificate in units in which they can be compared.</param>
    public IReadOnlyList<ConflictingConstraint> Find(double[] weights)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();

        // First whole constraints, then the entries of those that are left.
        double[] proof = Reduce(weights, [.. program.Origins.GroupBy(part => part.Name).Select(parts => parts.SelectMany(RowsOf).ToArray())]);
        HashSet<string> left = [.. Shares(proof, program.Origins).Select(part => part.Name)];
        proof = Reduce(proof, [.. program.Origins.Where(part => left.Contains(part.Name)).GroupBy(part => part.Name).SelectMany(Pieces)]);
        return [.. Shares(proof, program.Origins).Select(part => new ConflictingConstraint(part.Name, part.Share) { Entries = Entries(part.Name, proof) })];
    }

    // The weights of a certificate that rests on pieces none of which can be spared, as far as trials tell.
    private double[] Reduce(double[] proof, IReadOnlyList<int[]> pieces)
    {
        List<int[]> conflict = Weighty(proof, pieces);
        HashSet<int[]> needed = [];
        int size = conflict.Count;
        while (_trials < MaximumTrials)
        {
            int[][] candidates = [.. conflict.Where(piece => !needed.Contains(piece))];
            size = Math.Min(size, (candidates.Length + 1) / 2);
            if (size == 0)
            {
                break;
            }

            int[][] spared = candidates[^size..];
            if (TryProve(conflict.Except(spared).SelectMany(piece => piece)) is { } others)
            {
                proof = others;
                conflict = Weighty(proof, pieces);
            }
            else if (size > 1)
            {
                size /= 2;
            }
            else
            {
                needed.Add(spared[0]);
                size = conflict.Count;
            }
        }

        return proof;
    }

    // The pieces that a certificate rests on, the heaviest first.
    private static List<int[]> Weighty(double[] weights, IReadOnlyList<int[]> pieces)
    {
        double least = ConeSolution.SmallestShare * weights.Max();
        return [.. pieces.Select(piece => (Piece: piece, Weight: piece.Sum(row => weights[row] > least ? weights[row] : 0))).Where(pair => pair.Weight > 0).OrderByDescending(pair => pair.Weight).Select(pair => pair.Piece)];
    }

    private IEnumerable<int[]> Pieces(IEnumerable<ProgramPart> parts)
    {
        ProgramPart[] all = [.. parts];
        int[] rows = [.. all.SelectMany(RowsOf)];
        return HasEntries(all) ? rows.Select(row => new[] { row }) : [rows];
    }

    private static IEnumerable<int> RowsOf(ProgramPart part) => Enumerable.Range(part.Start, (int)part.StoredSize);

    // A function that bends has cones of its own, whose rows are not the entries of the constraint, and those of matrix inequalities are no entries either.
    private bool HasEntries(ProgramPart[] parts)
    {
        int last = 0;
        foreach (Cone cone in problem.Cones.Where(cone => cone.Kind is ConeKind.Zero or ConeKind.Nonnegative))
        {
            last += cone.Dimension;
        }

        return parts.Length == 1 && parts[0].Start < last;
    }

    private int[] Entries(string name, double[] weights)
    {
        ProgramPart[] parts = [.. program.Origins.Where(part => part.Name == name)];
        if (!HasEntries(parts))
        {
            return [];
        }

        double least = ConeSolution.SmallestShare * weights.Max();
        int[] entries = [.. Enumerable.Range(0, parts[0].Size).Where(i => weights[parts[0].Start + i] > least)];
        return entries.Length < parts[0].Size ? entries : [];
    }

    /// <summary>The shares that parts with the same name have of a certificate, the largest first. Those of numbers that should be zero are not counted.</summary>
    /// <param name="weights">Magnitudes of its numbers.</param>
    /// <param name="parts">The parts.</param>
    public static IReadOnlyList<(string Name, double Share)> Shares(double[] weights, IReadOnlyList<ProgramPart> parts)
    {
        double least = ConeSolution.SmallestShare * weights.Max();
        double[] counted = Array.ConvertAll(weights, weight => weight > least ? weight : 0);
        double total = counted.Sum();
        return
        [
            .. parts
                .GroupBy(part => part.Name, part => RowsOf(part).Sum(i => counted[i]) / total)
                .Select(group => (Name: group.Key, Share: group.Sum()))
                .Where(part => part.Share > 0)
                .OrderByDescending(part => part.Share),
        ];
    }

    // Weights of a certificate that these rows alone contradict each other, or null.
    private double[]? TryProve(IEnumerable<int> rows)
    {
        _trials++;
        bool[] isKept = new bool[problem.Constraints];
        foreach (int row in rows)
        {
            isKept[row] = true;
        }

        var selection = new ConeSelection(problem.Cones, i => isKept[i]);
        var entries = new EntrySelection(problem.AEntries!, selection.Rows, [.. Enumerable.Range(0, program.Columns).Select(column => (long)column)]);
        Tensor b = OfRow(problem.B).index_select(0, NativeTensor.Of(selection.Rows.ToArray(), [selection.Rows.Count]));

        // Of all points the nearest to zero: it is one, where equalities alone leave many, and a system of them that has no solution.
        var diagonal = new SparseEntries(program.Columns, [.. Enumerable.Range(0, program.Columns + 1)], [.. Enumerable.Range(0, program.Columns)]);
        var some = new ConeProblem(ones(program.Columns, ScalarType.Float64), zeros(program.Columns, ScalarType.Float64), entries.Values(OfRow(problem.A)), b, selection.Cones, diagonal, entries.Entries);
        ConeSolution solution = _solver.Solve(some);
        if (solution.Status[0] != SolveStatus.Infeasible)
        {
            return null;
        }

        double[] weights = new double[problem.Constraints], found = solution.Results.CertificateWeights[0]!;
        for (int i = 0; i < found.Length; i++)
        {
            weights[selection.Rows[i]] = found[i];
        }

        return weights;
    }

    private Tensor OfRow(Tensor values) => values.dim() == 2 ? values[row] : values;
}

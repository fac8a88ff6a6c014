using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>
/// Chooses the units of a program's variables, slacks and costs in which the nonzero entries of P, q, A and b are about one: the least squares fit of their logarithms
/// (Curtis and Reid, 1972), so that programs that differ in units alone become one. Slacks have as many units as their cones have maps onto themselves. All are powers
/// of two, which round nothing.
/// </summary>
internal sealed class NormalUnits
{
    // Beside the largest right-hand side of its kind, what rounding may have left of zero: it says nothing of units.
    private const double Rounding = 1e-15;

    private const double LargestExponent = 200;

    private readonly ConeBlock[] _blocks;
    private readonly int _n;
    private readonly RowUnit[] _rowUnits;
    private readonly RowUnit[] _plainUnits;
    private readonly double[] _right;
    private readonly LogarithmicFit _fit;
    private readonly VariableRoom _room;

    public NormalUnits(ConeProblem problem, ConeBlock[] blocks, SparseStructure? structure)
    {
        _blocks = blocks;
        (_n, int m) = (problem.Variables, problem.Constraints);
        (_rowUnits, _plainUnits, _right) = (new RowUnit[m], new RowUnit[m], new double[m]);
        int count = _n + 1;
        foreach (ConeBlock block in blocks)
        {
            count = block.DescribeUnits(_plainUnits.AsSpan(block.Start, block.Dimension), count);
        }

        _fit = new LogarithmicFit(problem, structure, _rowUnits, count);
        _room = new VariableRoom(_n, blocks);
    }

    /// <summary>The bounds on variables that constraints of the program that was taken state.</summary>
    public VariableBounds Bounds => _room.Stated;

    /// <summary>Takes P, A and the vectors of a program, and gives the first two in normal units.</summary>
    /// <returns>Units x = Dx̄ and those of slacks, and the number that costs are multiplied by.</returns>
    public (double[] Variables, double Cost, SlackUnits Slacks) Apply(RowMatrix p, ReadOnlySpan<double> q, RowMatrix a, ReadOnlySpan<double> b)
    {
        b.CopyTo(_right);
        _room.Take(a, b);
        DropRounding();
        _plainUnits.CopyTo(_rowUnits, 0);
        var slacks = new SlackUnits(new double[_right.Length], FindPairs(a), [.. _blocks.OfType<ExponentialBlock>().Select(block => (block.Start, 0.0))]);
        slacks.Rotate(a, 1);
        slacks.Rotate(_right, 1);
        FindOffsets(a);
        FindLimits(a, slacks.Pairs);
        _fit.Take(p, q, a, _right);
        slacks.Rotate(a, 0.5);
        double[] exponents = _fit.Find();
        LeaveRoom(exponents);
        return Scale(p, a, slacks, exponents);
    }

    // The rows that bound a variable go with it, so that their coefficients stay what they are.
    private void LeaveRoom(double[] exponents)
    {
        double[] fitted = exponents[.._n];
        for (int j = 0; j < _n; j++)
        {
            double largest = _room.Largest(j);
            exponents[j] = largest > 0 ? Math.Min(fitted[j], Math.Log2(largest)) : fitted[j];
        }

        foreach ((int row, int variable) in _room.Rows)
        {
            exponents[_rowUnits[row].First] += fitted[variable] - exponents[variable];
        }
    }

    // In y exp(x / y) ≤ z, of z and y, which may have any size; where such a row has no variable its number is no offset.
    private void FindOffsets(RowMatrix a)
    {
        _fit.Offsets.Clear();
        foreach (ExponentialBlock block in _blocks.OfType<ExponentialBlock>())
        {
            for (int i = block.Start + 1; i < block.Start + block.Dimension; i++)
            {
                if (_right[i] != 0 && a.Row(i).ContainsAnyExcept(0))
                {
                    _fit.Offsets.Add(i);
                }
            }
        }
    }

    // Of inequalities, and of norms, where a number alone limits them.
    private void FindLimits(RowMatrix a, IReadOnlyList<(int First, int Second)> pairs)
    {
        _fit.Limits.Clear();
        foreach (ConeBlock block in _blocks)
        {
            if (block is NonnegativeBlock)
            {
                _fit.Limits.AddRange(Enumerable.Range(block.Start, block.Dimension));
            }
            else if (block is SecondOrderBlock && _right[block.Start] > 0 && !a.Row(block.Start).ContainsAnyExcept(0) && pairs.All(pair => pair.First != block.Start))
            {
                _fit.Limits.Add(block.Start);
            }
        }
    }

    // Of requirements beside requirements: a limit may stand for none, and all that is given be rounding beside it.
    private void DropRounding()
    {
        DropRounding(_blocks.OfType<ZeroBlock>(), Math.Abs);
        DropRounding(_blocks.OfType<NonnegativeBlock>(), side => Math.Max(-side, 0));
    }

    private void DropRounding(IEnumerable<ConeBlock> blocks, Func<double, double> sizeOf)
    {
        double largest = 0;
        foreach (ConeBlock block in blocks)
        {
            foreach (double side in block.Of(_right))
            {
                largest = Math.Max(largest, sizeOf(side));
            }
        }

        foreach (ConeBlock block in blocks)
        {
            foreach (ref double side in block.Of(_right))
            {
                side = Math.Abs(side) > Rounding * largest ? side : 0;
            }
        }
    }

    private (double[] Variables, double Cost, SlackUnits Slacks) Scale(RowMatrix p, RowMatrix a, SlackUnits slacks, double[] exponents)
    {
        int[] units = Array.ConvertAll(exponents, exponent => (int)Math.Clamp(Math.Round(exponent), -LargestExponent, LargestExponent));
        double[] variables = [.. units.Take(_n).Select(unit => Math.ScaleB(1, unit))];
        double cost = Math.ScaleB(1, units[_n]);
        for (int i = 0; i < _rowUnits.Length; i++)
        {
            slacks.Factors[i] = Math.ScaleB(1, units[_rowUnits[i].First] + (_rowUnits[i].Weight * units[_rowUnits[i].Second]));
        }

        slacks = slacks with { Shears = [.. slacks.Shears.Select(shear => (shear.Start, Math.Log(2) * units[_rowUnits[shear.Start + 2].Second]))] };
        slacks.ToNormalRows(a, variables);
        for (int i = 0; i < p.Rows; i++)
        {
            p.Scale(i, cost * variables[i], variables);
        }

        return (variables, cost, slacks);
    }

    // Where s₀ + sₖ and s₀ − sₖ have fewer entries than s₀ and sₖ, they are what was meant: u and v of ‖w‖² ≤ uv.
    private List<(int First, int Second)> FindPairs(RowMatrix a)
    {
        List<(int First, int Second)> pairs = [];
        foreach (SecondOrderBlock block in _blocks.OfType<SecondOrderBlock>())
        {
            (int best, int saved) = (0, 0);
            for (int k = block.Start + 1; k < block.Start + block.Dimension; k++)
            {
                int less = Saving(_right[block.Start], _right[k]) + Saving(a.Row(block.Start), a.Row(k));
                (best, saved) = less > saved ? (k, less) : (best, saved);
            }

            if (saved > 0)
            {
                pairs.Add((block.Start, best));
                _rowUnits[block.Start] = _rowUnits[block.Start] with { Weight = 1 };
                _rowUnits[best] = _rowUnits[best] with { Weight = -1 };
            }
        }

        return pairs;
    }

    // The same of each pair of entries: one less where magnitudes are the same, one more where a zero meets a number.
    private static int Saving(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ReadOnlySpan<Vector<double>> left = MemoryMarshal.Cast<double, Vector<double>>(x), right = MemoryMarshal.Cast<double, Vector<double>>(y);
        Vector<long> sums = default;
        for (int i = 0; i < left.Length; i++)
        {
            Vector<long> isLeftZero = Vector.Equals(left[i], Vector<double>.Zero), isRightZero = Vector.Equals(right[i], Vector<double>.Zero);

            // What holds is −1.
            sums += (isLeftZero ^ isRightZero) - Vector.AndNot(Vector.Equals(Vector.Abs(left[i]), Vector.Abs(right[i])), isLeftZero);
        }

        int saving = (int)Vector.Sum(sums);
        for (int i = left.Length * Vector<double>.Count; i < x.Length; i++)
        {
            saving += Saving(x[i], y[i]);
        }

        return saving;
    }

    private static int Saving(double x, double y) => (x != 0 ? 1 : 0) + (y != 0 ? 1 : 0) - (x + y != 0 ? 1 : 0) - (x - y != 0 ? 1 : 0);
}

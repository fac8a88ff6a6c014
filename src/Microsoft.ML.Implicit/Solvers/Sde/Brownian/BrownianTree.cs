namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// Computes a path's values on intervals by descending a tree of halved cells. The cells divided last are kept, one on each level, so that
/// neighbouring intervals asked for one after another divide each cell once.
/// </summary>
/// <typeparam name="TValues">Values of an interval.</typeparam>
/// <param name="arithmetic">Arithmetic on them.</param>
/// <param name="clock">Division of time.</param>
internal sealed class BrownianTree<TValues>(IBrownianArithmetic<TValues> arithmetic, BrownianClock clock)
    where TValues : class
{
    private readonly DrawnIntervals<TValues> _intervals = new(arithmetic, clock);
    private readonly Division?[] _divisions = new Division?[clock.Halvings + 1];
    private Division? _leaf;
    private Division? _before;
    private TValues? _sum;
    private TValues? _result;
    private long _covered;
    private (long From, long To, bool WithAreas) _last;

    /// <summary>Values between two ticks; overwritten by the next call.</summary>
    /// <param name="from">First tick.</param>
    /// <param name="to">A later one.</param>
    /// <param name="withAreas">Whether areas are wanted beside increments.</param>
    public TValues Between(long from, long to, bool withAreas)
    {
        // The increments of parts depend on the whole's area.
        withAreas |= from % clock.TicksPerInterval != 0 || to % clock.TicksPerInterval != 0;
        if (_last.From == from && _last.To == to && (_last.WithAreas || !withAreas))
        {
            return _result!;
        }

        long first = from / clock.TicksPerInterval;
        bool isInterval = from == first * clock.TicksPerInterval && to - from == clock.TicksPerInterval;
        _result = isInterval ? _intervals.At(first, withAreas) : Sum(first, from, to, withAreas);
        _last = (from, to, withAreas);
        return _result!;
    }

    private TValues Sum(long interval, long from, long to, bool withAreas)
    {
        _sum ??= arithmetic.Create(1);
        _covered = 0;
        for (; interval * clock.TicksPerInterval < to; interval++)
        {
            BrownianCell cell = clock.Interval(interval);
            Visit(cell, _intervals.At(interval, withAreas), Math.Max(from, cell.First), Math.Min(to, cell.Last));
        }

        return _sum;
    }

    // The part [from, to] of a cell.
    private void Visit(BrownianCell cell, TValues values, long from, long to)
    {
        if (from == cell.First && to == cell.Last)
        {
            Append(values, cell.Length);
        }
        else if (cell.Level == clock.Halvings)
        {
            VisitInside(cell, values, from, to);
        }
        else
        {
            Division halves = Halve(cell, values);
            if (from < cell.Middle)
            {
                Visit(cell.LeftHalf, halves.Left, from, Math.Min(to, cell.Middle));
            }

            if (to > cell.Middle)
            {
                Visit(cell.RightHalf, halves.Right, Math.Max(from, cell.Middle), to);
            }
        }
    }

    // One pair of normal numbers says where the path goes in a cell of the last level, for any place in it.
    private void VisitInside(BrownianCell cell, TValues values, long from, long to)
    {
        _leaf ??= new Division(arithmetic);
        if (to == cell.Last)
        {
            Divide(cell, values, from, _leaf);
            Append(_leaf.Right, to - from);
            return;
        }

        Divide(cell, values, to, _leaf);
        if (from > cell.First)
        {
            Divide(cell, values, from, _before ??= new Division(arithmetic));
            arithmetic.RemoveFirst(_leaf.Left, _before.Left, clock.Duration(to - from), clock.Duration(from - cell.First));
        }

        Append(_leaf.Left, to - from);
    }

    private Division Halve(BrownianCell cell, TValues values)
    {
        Division division = _divisions[cell.Level] ??= new Division(arithmetic);
        if (division.Cell != cell)
        {
            Divide(cell, values, cell.Middle, division);
        }

        return division;
    }

    private void Divide(BrownianCell cell, TValues values, long at, Division division)
    {
        var weights = new BridgeWeights((double)(at - cell.First) / cell.Length, clock.Duration(cell.Length));
        arithmetic.Divide(values, cell.DivisionCounter, weights, division.Left, division.Right);
        division.Cell = cell;
    }

    private void Append(TValues values, long length)
    {
        if (_covered == 0)
        {
            arithmetic.Copy(values, _sum!);
        }
        else
        {
            arithmetic.Append(_sum!, values, clock.Duration(_covered), clock.Duration(length));
        }

        _covered += length;
    }

    /// <summary>The two parts of a cell.</summary>
    private sealed class Division(IBrownianArithmetic<TValues> arithmetic)
    {
        public BrownianCell? Cell { get; set; }

        public TValues Left { get; } = arithmetic.Create(1);

        public TValues Right { get; } = arithmetic.Create(1);
    }
}

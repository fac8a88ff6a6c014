namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// Computes a path's values on intervals by descending a tree of halved cells. The cells divided last are kept, one on each level, so that
/// neighbouring intervals asked for one after another divide each cell once.
/// </summary>
/// <param name="keys">A key for each row and channel, padded to whole vectors.</param>
/// <param name="clock">Division of time.</param>
internal sealed class BrownianTree(ulong[] keys, BrownianClock clock)
{
    private readonly Division?[] _divisions = new Division?[clock.Halvings + 1];
    private readonly Division _leaf = new(keys.Length);
    private readonly BrownianValues _interval = new(keys.Length);
    private readonly BrownianValues _result = new(keys.Length);
    private long _drawnInterval = -1;
    private long _covered;
    private (long From, long To) _last;

    /// <summary>Values between two ticks; overwritten by the next call.</summary>
    /// <param name="from">First tick.</param>
    /// <param name="to">A later one.</param>
    public BrownianValues Between(long from, long to)
    {
        if (_last == (from, to))
        {
            return _result;
        }

        _covered = 0;
        for (long interval = from / clock.TicksPerInterval; interval * clock.TicksPerInterval < to; interval++)
        {
            BrownianCell cell = clock.Interval(interval);
            if (interval != _drawnInterval)
            {
                _interval.Draw(keys, cell.IntervalCounter, clock.Duration(cell.Length));
                _drawnInterval = interval;
            }

            Visit(cell, _interval, Math.Max(from, cell.First), Math.Min(to, cell.Last));
        }

        _last = (from, to);
        return _result;
    }

    // The part [from, to] of a cell.
    private void Visit(BrownianCell cell, BrownianValues values, long from, long to)
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
    private void VisitInside(BrownianCell cell, BrownianValues values, long from, long to)
    {
        if (to == cell.Last)
        {
            Divide(cell, values, from, _leaf);
            Append(_leaf.Right, to - from);
            return;
        }

        Divide(cell, values, to, _leaf);
        if (from > cell.First)
        {
            var before = new Division(keys.Length);
            Divide(cell, values, from, before);
            _leaf.Left.RemoveFirst(before.Left, clock.Duration(to - from), clock.Duration(from - cell.First));
        }

        Append(_leaf.Left, to - from);
    }

    private Division Halve(BrownianCell cell, BrownianValues values)
    {
        Division division = _divisions[cell.Level] ??= new Division(keys.Length);
        if (division.Cell != cell)
        {
            Divide(cell, values, cell.Middle, division);
        }

        return division;
    }

    private void Divide(BrownianCell cell, BrownianValues values, long at, Division division)
    {
        var weights = new BridgeWeights((double)(at - cell.First) / cell.Length, clock.Duration(cell.Length));
        values.Divide(keys, cell.DivisionCounter, weights, division.Left, division.Right);
        division.Cell = cell;
    }

    private void Append(BrownianValues values, long length)
    {
        if (_covered == 0)
        {
            _result.CopyFrom(values);
        }
        else
        {
            _result.Append(values, clock.Duration(_covered), clock.Duration(length));
        }

        _covered += length;
    }

    /// <summary>The two parts of a cell.</summary>
    private sealed class Division(int length)
    {
        public BrownianCell? Cell { get; set; }

        public BrownianValues Left { get; } = new(length);

        public BrownianValues Right { get; } = new(length);
    }
}

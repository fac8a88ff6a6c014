namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>What the host knows of each row of a solve, and which rows are still in the batch.</summary>
internal sealed class RowRecord
{
    private int[] _original;
    private bool[] _active;

    public RowRecord(int rows)
    {
        Statuses = new SolveStatus[rows];
        Residuals = new double[rows];
        Array.Fill(Statuses, SolveStatus.MaximumIterations);
        Array.Fill(Residuals, double.PositiveInfinity);
        _original = [.. Enumerable.Range(0, rows)];
        _active = new bool[rows];
        Array.Fill(_active, true);
        ActiveCount = rows;
    }

    /// <summary>Status of each row of the original batch.</summary>
    public SolveStatus[] Statuses { get; }

    /// <summary>Residual of the best iterate of each row of the original batch.</summary>
    public double[] Residuals { get; }

    /// <summary>Rows that are not done.</summary>
    public int ActiveCount { get; private set; }

    /// <summary>Rows in the batch, done or not.</summary>
    public int LocalCount => _original.Length;

    /// <summary>Judges a row by the residual of its newest iterate.</summary>
    /// <returns>Whether this iterate becomes the best one of the row.</returns>
    public bool Observe(int local, double residual, double tolerance)
    {
        if (!_active[local])
        {
            return false;
        }

        int row = _original[local];
        if (!double.IsFinite(residual))
        {
            End(local, SolveStatus.Diverged);
            return false;
        }

        bool converged = residual <= tolerance;
        bool takes = converged || residual < Residuals[row];
        if (takes)
        {
            Residuals[row] = residual;
        }

        if (converged)
        {
            End(local, SolveStatus.Converged);
        }

        return takes;
    }

    /// <summary>Splits the rows of the batch into those to keep and those that are done.</summary>
    public (int[] Kept, int[] Dropped) Split()
    {
        int[] local = [.. Enumerable.Range(0, LocalCount)];
        return ([.. local.Where(row => _active[row])], [.. local.Where(row => !_active[row])]);
    }

    /// <summary>Rows of the original batch that rows of the batch stand for.</summary>
    public int[] OriginalRows(int[] local) => Array.ConvertAll(local, row => _original[row]);

    /// <summary>Shrinks the batch to some of its rows.</summary>
    public void Keep(int[] kept)
    {
        _original = OriginalRows(kept);
        _active = new bool[kept.Length];
        Array.Fill(_active, true);
    }

    private void End(int local, SolveStatus status)
    {
        Statuses[_original[local]] = status;
        _active[local] = false;
        ActiveCount--;
    }
}

namespace Microsoft.ML.Implicit.Data;

/// <summary>Which rows of a data view were read, in its order: rows without a label or of weight 0 are left out.</summary>
internal sealed class RowPlaces
{
    private readonly List<int> _kept = [];
    private int _count;

    /// <summary>Begins a reading.</summary>
    public void Clear()
    {
        _kept.Clear();
        _count = 0;
    }

    /// <summary>Comes to the next row.</summary>
    public void MoveNext() => _count++;

    /// <summary>Keeps the row that it came to.</summary>
    public void Keep() => _kept.Add(_count - 1);

    /// <summary>Of the rows that were kept, keeps those at the given indices.</summary>
    public void Select(int[] indices)
    {
        int[] selected = Array.ConvertAll(indices, index => _kept[index]);
        _kept.Clear();
        _kept.AddRange(selected);
    }

    /// <summary>A value for each row of the view: that of a row that was kept, and 0 for the others.</summary>
    /// <param name="values">One for each row that was kept.</param>
    public double[] Spread(IReadOnlyList<double> values)
    {
        double[] all = new double[_count];
        for (int i = 0; i < values.Count; i++)
        {
            all[_kept[i]] = values[i];
        }

        return all;
    }
}

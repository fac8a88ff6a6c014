using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Collects the rows of long-format data into series.</summary>
internal sealed class SeriesCollector(SeriesGrouping grouping, IHost host)
{
    /// <summary>Series in the order in which they first appear; lazily, one at a time, where they are contiguous.</summary>
    /// <exception cref="InvalidOperationException">Rows of a series that was said to be contiguous are not.</exception>
    public IEnumerable<GroupedSeries> Collect(IDataView data)
    {
        var issues = new SeriesIssues();
        IEnumerable<GroupedSeries> series = grouping.IsContiguous ? Stream(data, issues) : Gather(data, issues);
        foreach (GroupedSeries next in series)
        {
            yield return next;
        }

        using IChannel channel = host.Start("Grouping");
        issues.Report(channel);
    }

    private List<GroupedSeries> Gather(IDataView data, SeriesIssues issues)
    {
        var groups = new Dictionary<object, GroupedSeries>();
        var ordered = new List<GroupedSeries>();
        foreach (GroupedSeries _ in Visit(data, issues, (key, row) =>
        {
            if (!groups.TryGetValue(key, out GroupedSeries? group))
            {
                groups.Add(key, group = new GroupedSeries(key, row));
                ordered.Add(group);
            }

            return group;
        }))
        {
        }

        ordered.ForEach(group => group.Complete(issues));
        return ordered;
    }

    private IEnumerable<GroupedSeries> Stream(IDataView data, SeriesIssues issues)
    {
        var seen = new HashSet<object>();
        GroupedSeries? current = null;
        foreach (GroupedSeries group in Visit(data, issues, (key, row) => current is not null && current.Key.Equals(key) ? current : new GroupedSeries(key, row)))
        {
            if (ReferenceEquals(group, current))
            {
                continue;
            }

            if (!seen.Add(group.Key))
            {
                throw new InvalidOperationException($"Rows of series '{group.Key}' in column '{grouping.Series}' do not follow each other. Sort the data by series, or do not say that series are contiguous.");
            }

            if (current is not null)
            {
                yield return current.Complete(issues);
            }

            current = group;
        }

        if (current is not null)
        {
            yield return current.Complete(issues);
        }
    }

    // Adds each row to the group that is chosen for its key.
    private IEnumerable<GroupedSeries> Visit(IDataView data, SeriesIssues issues, Func<object, ObservationRow, GroupedSeries> choose)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(grouping.All.Select(name => data.Schema[name]));
        var row = new ObservationRow(grouping, cursor);
        while (cursor.MoveNext())
        {
            GroupedSeries group = choose(row.ReadKey(issues), row);
            group.Add(issues);
            yield return group;
        }
    }
}

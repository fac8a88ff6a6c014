namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// An order of elimination that keeps the factor of a symmetric matrix sparse: approximate minimum degree on the quotient graph (Amestoy, Davis and Duff, 1996), in which what an
/// eliminated row leaves is one element rather than a clique of edges. Rows with entries nearly everywhere, which would be in all of these, come last (Amestoy, Davis and Duff, 2004, "Algorithm 837: AMD").
/// </summary>
internal sealed class MinimumDegree
{
    // A row is dense that has more entries than this, and than a multiple of the square root of the number of rows.
    private const int FewestOfDense = 16;
    private const int MultipleOfDense = 10;

    private readonly List<int>[] _neighbours;
    private readonly List<int>[] _elements;
    private readonly int[][] _members;
    private readonly int _later;
    private readonly int[] _dense;
    private readonly bool[] _isEliminated;
    private readonly bool[] _isAbsorbed;
    private readonly int[] _degrees;
    private readonly int[] _outside;
    private readonly int[] _marks;
    private int _mark;

    private MinimumDegree(IReadOnlyList<IReadOnlyCollection<int>> neighbours, int later)
    {
        int n = neighbours.Count;
        _later = later;
        (_isEliminated, _isAbsorbed) = (new bool[n], new bool[n]);
        double most = Math.Max(FewestOfDense, MultipleOfDense * Math.Sqrt(n));
        _dense = [.. Enumerable.Range(0, later > 0 ? later : n).Where(row => neighbours[row].Count > most).OrderBy(row => neighbours[row].Count)];
        Array.ForEach(_dense, row => _isEliminated[row] = true);
        _neighbours = [.. neighbours.Select((list, row) => _isEliminated[row] ? [] : list.Where(other => !_isEliminated[other]).ToList())];
        _elements = [.. neighbours.Select(_ => new List<int>())];
        _members = new int[n][];
        _degrees = [.. _neighbours.Select(list => list.Count)];
        (_outside, _marks) = (new int[n], new int[n]);
    }

    /// <summary>Orders the rows.</summary>
    /// <param name="neighbours">Of each row the others that it has an entry with.</param>
    /// <param name="later">How many of the first rows are eliminated after all others.</param>
    /// <returns>The rows in the order of their elimination.</returns>
    public static int[] Order(IReadOnlyList<IReadOnlyCollection<int>> neighbours, int later) => new MinimumDegree(neighbours, later).Run();

    private int[] Run()
    {
        var queue = new PriorityQueue<int, (bool IsLater, int Degree, int Row)>(Enumerable.Range(0, _degrees.Length).Select(row => (row, Priority(row))));
        List<int> order = [];
        while (queue.TryDequeue(out int pivot, out (bool IsLater, int Degree, int Row) priority))
        {
            // A row stands in the queue once for each degree that it had.
            if (_isEliminated[pivot] || priority.Degree != _degrees[pivot])
            {
                continue;
            }

            order.Add(pivot);
            Eliminate(pivot);
            foreach (int row in _members[pivot])
            {
                queue.Enqueue(row, Priority(row));
            }
        }

        return [.. order, .. _dense];
    }

    private (bool IsLater, int Degree, int Row) Priority(int row) => (row < _later, _degrees[row], row);

    private void Eliminate(int pivot)
    {
        _isEliminated[pivot] = true;
        int[] members = Members(pivot);
        _members[pivot] = members;
        foreach (int element in _elements[pivot])
        {
            _isAbsorbed[element] = true;
        }

        MeasureOutside(members);
        foreach (int row in members)
        {
            // Marked are the members: their edges among each other are the element's now.
            _neighbours[row].RemoveAll(other => _isEliminated[other] || _marks[other] == _mark);
            _elements[row].RemoveAll(element => _isAbsorbed[element] || _outside[element] == 0);
            _degrees[row] = Math.Min(_degrees.Length, _neighbours[row].Count + members.Length - 1 + _elements[row].Sum(element => _outside[element]));
            _elements[row].Add(pivot);
        }

        _neighbours[pivot] = _elements[pivot] = [];
    }

    private int[] Members(int pivot)
    {
        _mark++;
        _marks[pivot] = _mark;
        List<int> members = [];
        foreach (int row in _neighbours[pivot].Concat(_elements[pivot].SelectMany(element => _members[element])))
        {
            if (_marks[row] != _mark && !_isEliminated[row])
            {
                _marks[row] = _mark;
                members.Add(row);
            }
        }

        return [.. members];
    }

    // How many rows of each element that touches these are not among them.
    private void MeasureOutside(int[] members)
    {
        foreach (int row in members)
        {
            foreach (int element in _elements[row])
            {
                _outside[element] = -1;
            }
        }

        foreach (int row in members)
        {
            foreach (int element in _elements[row])
            {
                if (_outside[element] < 0)
                {
                    _outside[element] = _members[element].Count(other => !_isEliminated[other]);
                }

                _outside[element]--;
            }
        }
    }
}

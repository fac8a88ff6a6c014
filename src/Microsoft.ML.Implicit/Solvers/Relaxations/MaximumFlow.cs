namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>Minimum cuts of an undirected graph with weights of nodes, by maximum flow along shortest paths (Dinic, 1970).</summary>
internal sealed class MaximumFlow
{
    private readonly int _source;
    private readonly int _sink;
    private readonly List<int> _targets = [];
    private readonly List<double> _capacities = [];
    private readonly List<int>[] _arcs;
    private readonly int[] _levels;
    private readonly int[] _next;
    private double _least;

    public MaximumFlow(int nodes)
    {
        (_source, _sink) = (nodes, nodes + 1);
        _arcs = [.. Enumerable.Range(0, nodes + 2).Select(_ => new List<int>())];
        (_levels, _next) = (new int[nodes + 2], new int[nodes + 2]);
    }

    /// <summary>Adds an edge that costs its weight where it is cut.</summary>
    public void AddEdge(int a, int b, double weight) => AddArcs(a, b, weight, weight);

    /// <summary>Adds what it costs to take a node; a gain where it is negative.</summary>
    public void AddCost(int node, double cost)
    {
        if (cost > 0)
        {
            AddArcs(node, _sink, cost, 0);
        }
        else
        {
            AddArcs(_source, node, -cost, 0);
        }
    }

    /// <summary>The least of the sets of nodes whose costs, with the weights of the edges that they cut, are smallest.</summary>
    public bool[] Solve()
    {
        // Rounding leaves capacities this small where nothing is left.
        _least = 1e-14 * _capacities.DefaultIfEmpty().Max();
        while (FindLevels())
        {
            Array.Clear(_next);
            while (Push() > 0)
            {
            }
        }

        return [.. _levels.AsSpan(0, _source).ToArray().Select(level => level >= 0)];
    }

    private void AddArcs(int a, int b, double forward, double backward)
    {
        _arcs[a].Add(_targets.Count);
        _targets.Add(b);
        _capacities.Add(forward);
        _arcs[b].Add(_targets.Count);
        _targets.Add(a);
        _capacities.Add(backward);
    }

    private bool FindLevels()
    {
        Array.Fill(_levels, -1);
        _levels[_source] = 0;
        var queue = new Queue<int>([_source]);
        while (queue.TryDequeue(out int node))
        {
            foreach (int arc in _arcs[node])
            {
                if (_capacities[arc] > _least && _levels[_targets[arc]] < 0)
                {
                    _levels[_targets[arc]] = _levels[node] + 1;
                    queue.Enqueue(_targets[arc]);
                }
            }
        }

        return _levels[_sink] >= 0;
    }

    // One path from the source to the sink, without recursion: paths of large graphs are long.
    private double Push()
    {
        var path = new Stack<int>();
        int node = _source;
        while (node != _sink)
        {
            int arc = Advance(node);
            if (arc >= 0)
            {
                path.Push(arc);
                node = _targets[arc];
            }
            else if (path.TryPop(out int taken))
            {
                node = _targets[taken ^ 1];
                _next[node]++;
            }
            else
            {
                return 0;
            }
        }

        double flow = path.Min(arc => _capacities[arc]);
        foreach (int arc in path)
        {
            _capacities[arc] -= flow;
            _capacities[arc ^ 1] += flow;
        }

        return flow;
    }

    private int Advance(int node)
    {
        for (; _next[node] < _arcs[node].Count; _next[node]++)
        {
            int arc = _arcs[node][_next[node]];
            if (_capacities[arc] > _least && _levels[_targets[arc]] == _levels[node] + 1)
            {
                return arc;
            }
        }

        return -1;
    }
}

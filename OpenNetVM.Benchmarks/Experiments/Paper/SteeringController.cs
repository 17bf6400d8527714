using System.Collections.Concurrent;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>
/// Stands for an SDN controller: gets the flows that the data path does not know, decides, and sets the answer in the flow director. Asked from any
/// thread; answers on a thread of its own, so that no packet waits for it.
/// </summary>
internal sealed class SteeringController : IDisposable
{
    private readonly BlockingCollection<Ipv4FlowKey> _questions = new(65_536);
    private readonly FlowDirector _director;
    private readonly ChainId _answer;
    private readonly FlowRuleOptions _rule;
    private readonly Thread _thread;

    /// <summary>Starts it.</summary>
    /// <param name="director">Where the answers go.</param>
    /// <param name="answer">The chain of every flow.</param>
    /// <param name="lifetime">How long an answer holds; then the flow is new again.</param>
    internal SteeringController(FlowDirector director, ChainId answer, TimeSpan lifetime)
    {
        _director = director;
        _answer = answer;
        _rule = new FlowRuleOptions { HardTimeout = lifetime };
        _thread = new Thread(Answer) { IsBackground = true, Name = "controller" };
        _thread.Start();
    }

    /// <summary>Answers given so far.</summary>
    internal int Answers { get; private set; }

    /// <summary>Asks for a flow's chain; false if too many wait: then the flow's next packet asks again.</summary>
    internal bool Ask(in Ipv4FlowKey flow) => _questions.TryAdd(flow);

    /// <summary>Answers what was asked and ends.</summary>
    public void Dispose()
    {
        _questions.CompleteAdding();
        _thread.Join();
        _questions.Dispose();
    }

    private void Answer()
    {
        foreach (Ipv4FlowKey flow in _questions.GetConsumingEnumerable())
        {
            // A flow that the IDS has diverted meanwhile stays where the IDS wants it, and one that has been asked for twice needs one answer.
            if (!_director.TryGet(flow, out _) && _director.TrySet(flow, _answer, _rule))
                Answers++;
        }
    }
}
